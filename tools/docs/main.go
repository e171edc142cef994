// Command docs writes docs/ from the provider's schema, templates/ and examples/, and formats the examples. It takes
// the schema from the provider of this source tree, through the same engine as the tests, so that tfplugindocs has
// nothing to download and the result does not depend on the engine's version.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"

	"terraform-provider-esa/tools/internal/engine"
	"terraform-provider-esa/tools/internal/sandbox"
)

func main() {
	root := flag.String("root", "..", "the project's root")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *root)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "docs:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, root string) (err error) {
	if root, err = filepath.Abs(root); err != nil {
		return err
	}
	found, err := engine.New(filepath.Join(root, ".cache", "engines")).Find(ctx)
	if err != nil {
		return err
	}
	box, err := sandbox.New(ctx, root, found)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := box.Close(); err == nil {
			err = closeErr
		}
	}()

	examples := filepath.Join(root, "examples")
	if _, err := os.Stat(examples); !errors.Is(err, fs.ErrNotExist) {
		if _, err := output(box.Command(ctx, "fmt", "-recursive", examples)); err != nil {
			return err
		}
	}
	schema, err := providerSchema(ctx, root, box)
	if err != nil {
		return err
	}
	file := box.Path("schema.json")
	if err := os.WriteFile(file, schema, 0o600); err != nil {
		return err
	}
	for _, args := range [][]string{{"generate", "--rendered-provider-name", "ESA"}, {"validate"}} {
		cmd := exec.CommandContext(ctx, "go", "tool", "tfplugindocs")
		cmd.Args = append(append(cmd.Args, args...), "--provider-name", "esa", "--provider-dir", root, "--providers-schema", file)
		cmd.Dir = filepath.Join(root, "tools")
		if _, err := output(cmd); err != nil {
			return err
		}
	}
	return nil
}

// providerSchema is the schema as `providers schema -json` prints it, under the name that tfplugindocs looks for, and
// with the identities and the list resources, which only Terraform 1.12 and 1.14 and later print.
func providerSchema(ctx context.Context, root string, box *sandbox.Sandbox) ([]byte, error) {
	config := fmt.Sprintf("terraform {\n  required_providers {\n    esa = {\n      source = %q\n    }\n  }\n}\n", sandbox.Source)
	if err := box.Write("main.tf", config); err != nil {
		return nil, err
	}
	if _, err := output(box.Command(ctx, "init", "-no-color")); err != nil {
		return nil, err
	}
	text, err := output(box.Command(ctx, "providers", "schema", "-json"))
	if err != nil {
		return nil, err
	}
	var printed struct {
		FormatVersion string                                `json:"format_version"`
		Schemas       map[string]map[string]json.RawMessage `json:"provider_schemas"`
	}
	if err := json.Unmarshal(text, &printed); err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	provider, ok := printed.Schemas[sandbox.Source]
	if !ok {
		return nil, fmt.Errorf("%s printed no schema of %s", box.Engine, sandbox.Source)
	}
	newer := exec.CommandContext(ctx, "go", "run", "./internal/provider/cmd/schemas")
	newer.Dir = root
	if text, err = output(newer); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &provider); err != nil {
		return nil, fmt.Errorf("read the identities and list resources: %w", err)
	}
	printed.Schemas = map[string]map[string]json.RawMessage{"registry.terraform.io/hashicorp/esa": provider}
	return json.Marshal(printed)
}

// output runs a command and returns what it prints; a failure says all of it.
func output(cmd *exec.Cmd) ([]byte, error) {
	text, err := cmd.Output()
	if err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			text = append(text, exit.Stderr...)
		}
		return nil, fmt.Errorf("%s: %w\n%s", cmd, err, text)
	}
	return text, nil
}
