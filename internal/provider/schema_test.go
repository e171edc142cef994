package provider_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"terraform-provider-esa/internal/provider"
)

var (
	updateSchema   = flag.Bool("update-schema", false, "add what is new to testdata/schema.txt")
	acceptBreaking = flag.Bool("accept-breaking", false, "with -update-schema: remove from testdata/schema.txt what is gone or changed, which breaks configurations")
)

// TestSchemaOnlyGrows holds the schema against testdata/schema.txt: a configuration that works today works with the next
// version. What is new passes; what is gone or changed fails.
func TestSchemaOnlyGrows(t *testing.T) {
	t.Parallel()
	file := filepath.Join("testdata", "schema.txt")
	released, err := os.ReadFile(file)
	if err != nil && !*updateSchema {
		t.Fatal(err)
	}
	now := schemaLines(t)
	var gone []string
	for line := range strings.Lines(string(released)) {
		if line = strings.TrimSuffix(line, "\n"); !slices.Contains(now, line) {
			gone = append(gone, line)
		}
	}
	if len(gone) > 0 && !*acceptBreaking {
		t.Fatalf("these break configurations, states or modules that exist:\n  %s\n"+
			"To accept that on purpose, describe it under \"Changed\" in CHANGELOG.md with a way to migrate, and run\n"+
			"  go test ./internal/provider -run TestSchemaOnlyGrows -update-schema -accept-breaking", strings.Join(gone, "\n  "))
	}
	if *updateSchema {
		if err := os.WriteFile(file, []byte(strings.Join(now, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// schemaLines is the schema with a line for each attribute: what it belongs to, its name, type, and how it may be used.
func schemaLines(t *testing.T) (lines []string) {
	t.Helper()
	server := provider.NewServer(provider.New("test")())
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	identities, err := server.GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		t.Fatal(err)
	}
	add := func(owner string, schema *tfprotov6.Schema) {
		lines = append(lines, fmt.Sprintf("%s version %d", owner, schema.Version))
		lines = append(lines, attributeLines(owner, schema.Block.Attributes)...)
		for _, block := range schema.Block.BlockTypes {
			lines = append(lines, fmt.Sprintf("%s block %s %s", owner, block.TypeName, block.Nesting))
			lines = append(lines, attributeLines(owner+" "+block.TypeName, block.Block.Attributes)...)
		}
	}
	add("provider", schemas.Provider)
	for kind, owners := range map[string]map[string]*tfprotov6.Schema{
		"resource": schemas.ResourceSchemas, "data": schemas.DataSourceSchemas, "list": schemas.ListResourceSchemas,
	} {
		for name, schema := range owners {
			add(kind+" "+name, schema)
		}
	}
	for name, identity := range identities.IdentitySchemas {
		for _, attribute := range identity.IdentityAttributes {
			lines = append(lines, fmt.Sprintf("identity %s %s %s", name, attribute.Name, attribute.Type))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(schemas.Functions)) {
		line := "function " + name
		for _, parameter := range schemas.Functions[name].Parameters {
			line += fmt.Sprintf(" (%s %s)", parameter.Name, parameter.Type)
		}
		lines = append(lines, fmt.Sprintf("%s %s", line, schemas.Functions[name].Return.Type))
	}
	slices.Sort(lines)
	return lines
}

func attributeLines(owner string, attributes []*tfprotov6.SchemaAttribute) (lines []string) {
	for _, attribute := range attributes {
		var uses []string
		for use, set := range map[string]bool{
			"required": attribute.Required, "optional": attribute.Optional, "computed": attribute.Computed, "sensitive": attribute.Sensitive, "write-only": attribute.WriteOnly,
		} {
			if set {
				uses = append(uses, use)
			}
		}
		slices.Sort(uses)
		kind := "nested"
		if attribute.NestedType == nil {
			kind = attribute.Type.String()
		}
		lines = append(lines, fmt.Sprintf("%s %s %s %s", owner, attribute.Name, kind, strings.Join(uses, " ")))
		if attribute.NestedType != nil {
			lines = append(lines, attributeLines(owner+" "+attribute.Name, attribute.NestedType.Attributes)...)
		}
	}
	return lines
}
