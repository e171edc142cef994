package acceptance

import (
	"regexp"
	"strings"
	"testing"
)

// Expect checks the exit code of a command and texts of its output, however Terraform wraps its lines. A text after "!" must
// not be in it. It ends the test where something else came.
func Expect(t *testing.T, what string, result Result, exitCode int, texts ...string) {
	t.Helper()
	output := flat(result.Output)
	for _, text := range texts {
		wanted, unwanted := strings.CutPrefix(text, "!")
		if strings.Contains(output, flat(wanted)) == unwanted {
			t.Errorf("%s: the output has %q: %t", what, wanted, unwanted)
		}
	}
	if result.ExitCode != exitCode {
		t.Errorf("%s ended with exit code %d, want %d", what, result.ExitCode, exitCode)
	}
	if t.Failed() {
		t.Fatalf("%s said:\n%s", what, result.Output)
	}
}

// Apply applies a configuration, after which a plan has no changes. The texts are those of [Expect].
func (w *Workspace) Apply(hcl string, texts ...string) {
	w.t.Helper()
	w.Configure(hcl)
	Expect(w.t, "apply", w.Run("apply", "-auto-approve"), 0, texts...)
	Expect(w.t, "the plan after it", w.Run("plan", "-detailed-exitcode"), 0, "No changes")
}

// ExpectErrors plans each configuration, named by its label, and expects its error. All are planned in one workspace.
func (s *Simulated) ExpectErrors(t *testing.T, erroneous map[string]struct{ HCL, Error string }) {
	t.Helper()
	workspace := s.Workspace(t)
	for label, config := range erroneous {
		t.Run(label, func(t *testing.T) {
			workspace.Configure(config.HCL)
			Expect(t, "plan", workspace.Run("plan"), 1, config.Error)
		})
	}
}

// Loosely is the pattern of a text however Terraform wraps its lines.
func Loosely(text string) *regexp.Regexp {
	words := strings.Fields(text)
	for index, word := range words {
		words[index] = regexp.QuoteMeta(word)
	}
	return regexp.MustCompile(strings.Join(words, `[\s│]+`))
}

func flat(text string) string {
	return strings.Join(strings.Fields(text), " ")
}
