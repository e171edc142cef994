package main

import (
	"encoding/json"
	"testing"
)

func TestListSchemasReadAsTerraformPrintsThem(t *testing.T) {
	name := join(part(1, []byte("name")), part(2, []byte(`"string"`)), part(3, []byte("Name.")), varint(4, 1), varint(8, 1))
	env := join(part(1, []byte("env")), part(2, []byte(`"string"`)), varint(5, 1))
	block := join(part(2, name), part(2, env), part(4, []byte("Lists them.")), varint(5, 1))
	message := join(
		part(2, []byte("another field is passed over")),
		part(9, join(part(1, []byte("esa_x")), part(2, part(2, block)))),
	)
	schemas, err := decodeListSchemas(message)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(schemas)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"esa_x":{"version":0,"block":{"attributes":{` +
		`"env":{"type":"string","optional":true},` +
		`"name":{"type":"string","description":"Name.","description_kind":"markdown","required":true}},` +
		`"description":"Lists them.","description_kind":"markdown"}}}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
