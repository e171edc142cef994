// Package policy tests the policies of examples/policy with the plans beside them. It is a module of its own so that
// nothing else depends on Open Policy Agent.
package policy

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/rego"
)

var update = flag.Bool("update", false, "write what the policies say of each plan anew")

const folder = "../../examples/policy"

// TestRego holds what the Rego policies deny against the text beside each plan, which is empty if it passes.
func TestRego(t *testing.T) {
	plans, err := filepath.Glob(filepath.Join(folder, "plans", "*.json"))
	if err != nil || len(plans) == 0 {
		t.Fatalf("no plans: %v", err)
	}
	for _, plan := range plans {
		t.Run(filepath.Base(plan), func(t *testing.T) {
			expect(t, strings.TrimSuffix(plan, ".json")+".txt", denials(t, plan, nil))
		})
	}
}

// TestLabels allows with a label what is denied without it.
func TestLabels(t *testing.T) {
	labels := map[string]any{"release": map[string]any{"labels": []string{"allow-overwrite"}, "max_first_share": 100}}
	if got := denials(t, filepath.Join(folder, "plans", "overwrite.json"), labels); len(got) != 0 {
		t.Errorf("denied: %v", got)
	}
}

// denials are the messages of the policies about a plan, with limits in place of those of limits.json where there are any.
func denials(t *testing.T, plan string, limits map[string]any) (messages []string) {
	t.Helper()
	content, err := os.ReadFile(plan)
	if err != nil {
		t.Fatal(err)
	}
	var input any
	if err := json.Unmarshal(content, &input); err != nil {
		t.Fatal(err)
	}
	paths := []string{filepath.Join(folder, "rego", "release.rego")}
	options := []func(*rego.Rego){rego.Query("data.main.deny"), rego.Input(input)}
	if limits == nil {
		paths = append(paths, filepath.Join(folder, "rego", "limits.json"))
		options = append(options, rego.Load(paths, nil))
	} else {
		file := filepath.Join(t.TempDir(), "limits.json")
		content, err := json.Marshal(limits)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		options = append(options, rego.Load(append(paths, file), nil))
	}
	results, err := rego.New(options...).Eval(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, message := range results[0].Expressions[0].Value.([]any) {
		messages = append(messages, message.(string))
	}
	slices.Sort(messages)
	return messages
}

func expect(t *testing.T, file string, messages []string) {
	t.Helper()
	var got strings.Builder
	for _, message := range messages {
		got.WriteString(message + "\n")
	}
	if *update {
		if err := os.WriteFile(file, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("got:\n%swant:\n%s", got.String(), want)
	}
}
