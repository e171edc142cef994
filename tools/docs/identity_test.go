package main

import (
	"encoding/json"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// part is one length-delimited field of a message.
func part(number protowire.Number, value []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), value)
}

func varint(number protowire.Number, value uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, number, protowire.VarintType), value)
}

func join(parts ...[]byte) (message []byte) {
	for _, p := range parts {
		message = append(message, p...)
	}
	return message
}

func TestIdentitySchemasReadAsTerraformPrintsThem(t *testing.T) {
	env := join(part(1, []byte("env")), part(2, []byte(`"string"`)), varint(3, 1), part(5, []byte("Environment.")))
	hint := join(part(1, []byte("hint")), part(2, []byte(`"number"`)), varint(4, 1))
	schema := join(varint(1, 2), part(2, env), part(2, hint))
	message := join(
		part(2, []byte("a diagnostic is passed over")),
		part(1, join(part(1, []byte("esa_x")), part(2, schema))),
	)
	schemas, err := decodeIdentitySchemas(message)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(schemas)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"esa_x":{"version":2,"attributes":{` +
		`"env":{"type":"string","description":"Environment.","required_for_import":true},` +
		`"hint":{"type":"number","optional_for_import":true}}}}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestACutMessageIsAnError(t *testing.T) {
	message := part(1, join(part(1, []byte("esa_x")), part(2, varint(1, 2))))
	for n := 1; n < len(message); n++ {
		if _, err := decodeIdentitySchemas(message[:n]); err == nil {
			t.Errorf("the first %d bytes of %d decode", n, len(message))
		}
	}
}
