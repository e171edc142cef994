package main

import (
	"context"
	"encoding/json"

	"terraform-provider-esa/tools/internal/sandbox"
)

// listSchema is the schema of a list resource as Terraform 1.14 prints it.
type listSchema struct {
	Version uint64 `json:"version"`
	Block   struct {
		Attributes      map[string]*listAttribute `json:"attributes"`
		Description     string                    `json:"description,omitempty"`
		DescriptionKind string                    `json:"description_kind,omitempty"`
	} `json:"block"`
}

type listAttribute struct {
	Type            json.RawMessage `json:"type"`
	Description     string          `json:"description,omitempty"`
	DescriptionKind string          `json:"description_kind,omitempty"`
	Required        bool            `json:"required,omitempty"`
	Optional        bool            `json:"optional,omitempty"`
}

// listSchemas asks the provider itself for the schemas of its list resources.
func listSchemas(ctx context.Context, box *sandbox.Sandbox) (map[string]*listSchema, error) {
	answer, err := ask(ctx, box, "GetProviderSchema")
	if err != nil {
		return nil, err
	}
	return decodeListSchemas(answer)
}

// The numbers below are those of tfplugin6.proto: GetProviderSchema.Response, Schema, its Block and its Attribute. List
// resources have attributes of simple types and no blocks.

func decodeListSchemas(message []byte) (map[string]*listSchema, error) {
	schemas := map[string]*listSchema{}
	err := entries(message, 9, func(name string, value []byte) error {
		schemas[name] = &listSchema{}
		return schemas[name].decode(value)
	})
	return schemas, err
}

func (s *listSchema) decode(message []byte) error {
	s.Block.Attributes = map[string]*listAttribute{}
	return fields(message, func(field int, value []byte, varint uint64) error {
		switch field {
		case 1:
			s.Version = varint
		case 2:
			return fields(value, func(field int, value []byte, varint uint64) error {
				switch field {
				case 2:
					return s.decodeAttribute(value)
				case 4:
					s.Block.Description = string(value)
				case 5:
					s.Block.DescriptionKind = kind(varint)
				}
				return nil
			})
		}
		return nil
	})
}

func (s *listSchema) decodeAttribute(message []byte) error {
	name, attribute := "", &listAttribute{}
	err := fields(message, func(field int, value []byte, varint uint64) error {
		switch field {
		case 1:
			name = string(value)
		case 2:
			attribute.Type = value
		case 3:
			attribute.Description = string(value)
		case 4:
			attribute.Required = varint != 0
		case 5:
			attribute.Optional = varint != 0
		case 8:
			attribute.DescriptionKind = kind(varint)
		}
		return nil
	})
	s.Block.Attributes[name] = attribute
	return err
}

// kind is a StringKind as Terraform prints it.
func kind(number uint64) string {
	if number == 1 {
		return "markdown"
	}
	return "plain"
}
