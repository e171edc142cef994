package golden

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/mitchellh/go-wordwrap"
)

// Messages are the messages of one object, each under the situation in which a user reads it.
type Messages map[string][]Message

// Message is one error or warning.
type Message struct {
	// Severity is "Error" or "Warning".
	Severity string
	Summary  string
	// Attribute is the attribute at fault, empty for none.
	Attribute string
	Detail    string
}

// Of returns diagnostics as messages.
func Of(diagnostics ...diag.Diagnostic) (messages []Message) {
	for _, diagnostic := range diagnostics {
		message := Message{Severity: diagnostic.Severity().String(), Summary: diagnostic.Summary(), Detail: diagnostic.Detail()}
		if on, ok := diagnostic.(diag.DiagnosticWithPath); ok {
			message.Attribute = on.Path().String()
		}
		messages = append(messages, message)
	}
	return messages
}

// Received returns diagnostics that came over the provider protocol as messages.
func Received(diagnostics []*tfprotov6.Diagnostic) (messages []Message) {
	for _, diagnostic := range diagnostics {
		message := Message{Severity: "Error", Summary: diagnostic.Summary, Detail: diagnostic.Detail}
		if diagnostic.Severity == tfprotov6.DiagnosticSeverityWarning {
			message.Severity = "Warning"
		}
		if diagnostic.Attribute != nil {
			message.Attribute = address(diagnostic.Attribute)
		}
		messages = append(messages, message)
	}
	return messages
}

// address writes a path as Terraform does: code_versions[1].percentage.
func address(path *tftypes.AttributePath) string {
	var text strings.Builder
	for _, step := range path.Steps() {
		switch step := step.(type) {
		case tftypes.AttributeName:
			text.WriteString("." + string(step))
		case tftypes.ElementKeyInt:
			fmt.Fprintf(&text, "[%d]", step)
		default:
			fmt.Fprintf(&text, "[%q]", step)
		}
	}
	return strings.TrimPrefix(text.String(), ".")
}

// Compare compares the messages with a file: each as Terraform prints it, but with the name of the attribute in place of
// the lines of the configuration.
func (m Messages) Compare(t *testing.T, file string) {
	t.Helper()
	var text strings.Builder
	for _, situation := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(&text, "## %s\n\n", situation)
		if len(m[situation]) == 0 {
			t.Errorf("%s: there is no message", situation)
		}
		for _, message := range m[situation] {
			text.WriteString(message.String() + "\n")
		}
	}
	Compare(t, file, text.String())
}

// width is where Terraform wraps messages that it does not print to a terminal.
const width = 78

// String returns the message as Terraform prints it: a line that begins with a space is not wrapped.
func (m Message) String() string {
	lines := []string{m.Severity + ": " + m.Summary, ""}
	if m.Attribute != "" {
		lines = append(lines, "  on "+m.Attribute, "")
	}
	for line := range strings.SplitSeq(m.Detail, "\n") {
		if !strings.HasPrefix(line, " ") {
			line = wordwrap.WrapString(line, width-1)
		}
		lines = append(lines, strings.Split(line, "\n")...)
	}
	var box strings.Builder
	box.WriteString("╷\n")
	for _, line := range lines {
		box.WriteString(strings.TrimRight("│ "+line, " ") + "\n")
	}
	box.WriteString("╵\n")
	return box.String()
}
