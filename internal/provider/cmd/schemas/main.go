// Command schemas prints what only Terraform 1.12 and 1.14 and later print of the provider's schema, in their JSON: the
// identities of its resources, and its list resources. tools/docs adds it to what the engine at hand prints.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-esa/internal/provider"
)

type identity struct {
	Version    int64                        `json:"version"`
	Attributes map[string]identityAttribute `json:"attributes"`
}

type identityAttribute struct {
	Type              tftypes.Type `json:"type"`
	Description       string       `json:"description,omitempty"`
	RequiredForImport bool         `json:"required_for_import,omitempty"`
	OptionalForImport bool         `json:"optional_for_import,omitempty"`
}

type listResource struct {
	Version int64 `json:"version"`
	Block   struct {
		Attributes      map[string]listAttribute `json:"attributes"`
		Description     string                   `json:"description,omitempty"`
		DescriptionKind string                   `json:"description_kind,omitempty"`
	} `json:"block"`
}

type listAttribute struct {
	Type            tftypes.Type `json:"type"`
	Description     string       `json:"description,omitempty"`
	DescriptionKind string       `json:"description_kind,omitempty"`
	Required        bool         `json:"required,omitempty"`
	Optional        bool         `json:"optional,omitempty"`
}

func main() {
	if err := write(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "schemas:", err)
		os.Exit(1)
	}
}

func write(ctx context.Context) error {
	server := provider.NewServer(provider.New("docs")())
	identities, err := server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		return err
	}
	schema, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return err
	}
	printed := struct {
		Identities map[string]identity     `json:"resource_identity_schemas"`
		Lists      map[string]listResource `json:"list_resource_schemas"`
	}{map[string]identity{}, map[string]listResource{}}
	for name, schema := range identities.IdentitySchemas {
		attributes := map[string]identityAttribute{}
		for _, attribute := range schema.IdentityAttributes {
			attributes[attribute.Name] = identityAttribute{attribute.Type, attribute.Description, attribute.RequiredForImport, attribute.OptionalForImport}
		}
		printed.Identities[name] = identity{schema.Version, attributes}
	}
	for name, schema := range schema.ListResourceSchemas {
		list := listResource{Version: schema.Version}
		list.Block.Attributes = map[string]listAttribute{}
		list.Block.Description, list.Block.DescriptionKind = schema.Block.Description, kind(schema.Block.DescriptionKind)
		for _, attribute := range schema.Block.Attributes {
			list.Block.Attributes[attribute.Name] = listAttribute{attribute.Type, attribute.Description, kind(attribute.DescriptionKind), attribute.Required, attribute.Optional}
		}
		printed.Lists[name] = list
	}
	return json.NewEncoder(os.Stdout).Encode(printed)
}

// kind is a kind of description as Terraform prints it.
func kind(kind tfprotov6.StringKind) string {
	if kind == tfprotov6.StringKindMarkdown {
		return "markdown"
	}
	return "plain"
}
