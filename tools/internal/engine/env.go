package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// interfering are the variables of the reader's shell that would change what an engine does.
var interfering = []string{
	"TF_WORKSPACE=", "TF_DATA_DIR=", "TF_REATTACH_PROVIDERS=", "TF_PLUGIN_CACHE_DIR=", "TF_CLI_CONFIG_FILE=", "TF_CLI_ARGS",
	"TERRAFORM_CONFIG=",
}

// Neutral returns env without the variables that would change what an engine does.
func Neutral(env []string) []string {
	var kept []string
next:
	for _, v := range env {
		for _, p := range interfering {
			if strings.HasPrefix(v, p) {
				continue next
			}
		}
		kept = append(kept, v)
	}
	return kept
}

// Env returns env for a process that runs acceptance tests on e: without what would interfere (the reader's CLI
// configuration with its dev_overrides, TF_CLI_ARGS, TF_WORKSPACE and the like), with the engine's path and, for
// OpenTofu, the provider host and namespace that terraform-plugin-testing needs. The empty CLI configuration is written
// into dir.
func (e Engine) Env(env []string, dir string) ([]string, error) {
	config := filepath.Join(dir, "empty.tfrc")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(config, []byte("disable_checkpoint = true\n"), 0o600); err != nil {
		return nil, fmt.Errorf("write an empty CLI configuration: %w", err)
	}
	env = append(Neutral(env), "TF_ACC_TERRAFORM_PATH="+e.Path, "TF_CLI_CONFIG_FILE="+config, "CHECKPOINT_DISABLE=1", "TF_INPUT=0")
	if e.Product == OpenTofu {
		env = append(env, "TF_ACC_PROVIDER_HOST=registry.opentofu.org", "TF_ACC_PROVIDER_NAMESPACE=hashicorp")
	}
	return env, nil
}
