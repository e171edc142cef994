package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protowire"

	"terraform-provider-esa/tools/internal/sandbox"
)

// identitySchema is a resource's identity as Terraform 1.12 prints it.
type identitySchema struct {
	Version    uint64                        `json:"version"`
	Attributes map[string]*identityAttribute `json:"attributes"`
}

type identityAttribute struct {
	Type              json.RawMessage `json:"type"`
	Description       string          `json:"description,omitempty"`
	RequiredForImport bool            `json:"required_for_import,omitempty"`
	OptionalForImport bool            `json:"optional_for_import,omitempty"`
}

// identitySchemas asks the provider itself for the identities of its resources.
func identitySchemas(ctx context.Context, box *sandbox.Sandbox) (map[string]*identitySchema, error) {
	answer, err := ask(ctx, box, "GetResourceIdentitySchemas")
	if err != nil {
		return nil, err
	}
	return decodeIdentitySchemas(answer)
}

// ask calls a method of the provider without arguments, by protocol 6.
func ask(ctx context.Context, box *sandbox.Sandbox, method string) (answer []byte, err error) {
	cmd := exec.CommandContext(ctx, box.Provider)
	cmd.Env = box.Env
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig: plugin.HandshakeConfig{
			MagicCookieKey:   "TF_PLUGIN_MAGIC_COOKIE",
			MagicCookieValue: "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
		},
		VersionedPlugins: map[int]plugin.PluginSet{6: {"provider": connection{}}},
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		Logger:           hclog.NewNullLogger(),
		Cmd:              cmd,
	})
	defer client.Kill()
	protocol, err := client.Client()
	if err != nil {
		return nil, err
	}
	raw, err := protocol.Dispense("provider")
	if err != nil {
		return nil, err
	}
	conn, ok := raw.(*grpc.ClientConn)
	if !ok {
		return nil, fmt.Errorf("no connection but a %T", raw)
	}
	err = conn.Invoke(ctx, "/tfplugin6.Provider/"+method, []byte{}, &answer, grpc.ForceCodec(bytesCodec{}))
	return answer, err
}

// connection is a plugin whose client is the bare connection.
type connection struct{ plugin.NetRPCUnsupportedPlugin }

func (connection) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error {
	return errors.New("this is a client")
}

func (connection) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return conn, nil
}

// bytesCodec sends and receives messages as they are on the wire.
type bytesCodec struct{}

func (bytesCodec) Name() string { return "proto" }

func (bytesCodec) Marshal(v any) ([]byte, error) {
	if b, ok := v.([]byte); ok {
		return b, nil
	}
	return nil, fmt.Errorf("cannot send a %T", v)
}

func (bytesCodec) Unmarshal(data []byte, v any) error {
	b, ok := v.(*[]byte)
	if !ok {
		return fmt.Errorf("cannot receive a %T", v)
	}
	*b = append([]byte(nil), data...)
	return nil
}

// The numbers below are those of tfplugin6.proto: GetResourceIdentitySchemas.Response, the entries of its map,
// ResourceIdentitySchema and its IdentityAttribute.

func decodeIdentitySchemas(message []byte) (map[string]*identitySchema, error) {
	schemas := map[string]*identitySchema{}
	err := entries(message, 1, func(name string, value []byte) error {
		schemas[name] = &identitySchema{Attributes: map[string]*identityAttribute{}}
		return schemas[name].decode(value)
	})
	return schemas, err
}

// entries calls each for every entry of a map of messages, which is the given field of a message.
func entries(message []byte, field int, each func(name string, value []byte) error) error {
	return fields(message, func(number int, entry []byte, _ uint64) error {
		if number != field {
			return nil
		}
		var name string
		var content []byte
		err := fields(entry, func(number int, value []byte, _ uint64) error {
			switch number {
			case 1:
				name = string(value)
			case 2:
				content = value
			}
			return nil
		})
		if err != nil {
			return err
		}
		return each(name, content)
	})
}

func (s *identitySchema) decode(message []byte) error {
	return fields(message, func(field int, value []byte, varint uint64) error {
		switch field {
		case 1:
			s.Version = varint
		case 2:
			name, attribute := "", &identityAttribute{}
			err := fields(value, func(field int, value []byte, varint uint64) error {
				switch field {
				case 1:
					name = string(value)
				case 2:
					attribute.Type = value
				case 3:
					attribute.RequiredForImport = varint != 0
				case 4:
					attribute.OptionalForImport = varint != 0
				case 5:
					attribute.Description = string(value)
				}
				return nil
			})
			s.Attributes[name] = attribute
			return err
		}
		return nil
	})
}

// fields calls each for every field of a message, with its bytes or its varint.
func fields(message []byte, each func(field int, value []byte, varint uint64) error) error {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return protowire.ParseError(n)
		}
		message = message[n:]
		var value []byte
		var varint uint64
		switch kind {
		case protowire.BytesType:
			value, n = protowire.ConsumeBytes(message)
		case protowire.VarintType:
			varint, n = protowire.ConsumeVarint(message)
		default:
			n = protowire.ConsumeFieldValue(number, kind, message)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		message = message[n:]
		if err := each(int(number), value, varint); err != nil {
			return err
		}
	}
	return nil
}
