// Package apierror formats errors of calls to ESA as diagnostics that say what to do.
package apierror

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-esa/internal/esa"
)

// Diagnostic returns the error diagnostic of err. The summary is the failed action, such as "Cannot read the deployment". The
// detail says what happened, what to do, and the facts for ESA's support. more are additional paragraphs.
func Diagnostic(summary string, err error, more ...string) diag.Diagnostic {
	return diag.NewErrorDiagnostic(summary, inParagraphs(Detail(err), more))
}

// AttributeDiagnostic is Diagnostic for an attribute.
func AttributeDiagnostic(attribute path.Path, summary string, err error, more ...string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(attribute, summary, inParagraphs(Detail(err), more))
}

// RoutineDiagnostic is Diagnostic for a call about a routine. If the routine does not exist, it belongs to the attribute name.
func RoutineDiagnostic(summary string, err error, more ...string) diag.Diagnostic {
	if esa.IsRoutineMissing(err) {
		return AttributeDiagnostic(path.Root("name"), summary, err, more...)
	}
	return Diagnostic(summary, err, more...)
}

func inParagraphs(first string, more []string) string {
	return strings.Join(append([]string{first}, more...), "\n\n")
}

// Detail returns what happened, what to do and the facts.
func Detail(err error) string {
	return detail(err, func(*esa.Error) bool { return true }, timedOut)
}

// Cause is Detail without what to do, for a message that says it itself.
func Cause(err error) string {
	return detail(err, func(*esa.Error) bool { return false }, timedOut)
}

// CleanupDetail is Detail for a cleanup after another error. No attribute sets its time limit. If another attempt may succeed,
// there is nothing else to do.
func CleanupDetail(err error) string {
	return detail(err, func(failure *esa.Error) bool { return !failure.Retryable() }, gaveUp)
}

func detail(err error, advised func(*esa.Error) bool, interrupt func(*esa.Interrupted) string) string {
	var (
		failure     *esa.Error
		interrupted *esa.Interrupted
		paragraphs  []string
	)
	if errors.As(err, &interrupted) {
		paragraphs = append(paragraphs, interrupt(interrupted))
	}
	if !errors.As(err, &failure) {
		if interrupted == nil {
			paragraphs = append(paragraphs, Sentence(err.Error()))
		} else if interrupted.Operation != "" {
			paragraphs = append(paragraphs, facts(&esa.Error{Operation: interrupted.Operation, Target: interrupted.Target}))
		}
		return strings.Join(paragraphs, "\n\n")
	}
	advice := adviceFor(failure)
	happened := advice.happened
	if interrupted != nil {
		happened = "Last error: " + happened
	}
	paragraphs = append(paragraphs, happened)
	if advised(failure) {
		paragraphs = append(paragraphs, "What to do: "+strings.ToLower(advice.remedy[:1])+advice.remedy[1:])
	}
	return strings.Join(append(paragraphs, facts(failure)), "\n\n")
}

// timedOut describes the interruption of an operation with a configurable time limit.
func timedOut(interrupted *esa.Interrupted) string {
	text := ended(interrupted, "The operation timed out after %s.")
	if interrupted.Setting != "" && !errors.Is(interrupted.Cause, context.Canceled) {
		text += fmt.Sprintf(" Set %s to change the time limit.", interrupted.Setting)
	}
	return text
}

// gaveUp describes the interruption of a cleanup.
func gaveUp(interrupted *esa.Interrupted) string {
	return ended(interrupted, "The provider gave up after %s.")
}

// ended describes an interruption. format is the sentence for a time limit, with the time and the attempts.
func ended(interrupted *esa.Interrupted, format string) string {
	after := interrupted.After.Round(10 * time.Millisecond).String()
	if errors.Is(interrupted.Cause, context.Canceled) {
		return fmt.Sprintf("Canceled after %s.", after)
	}
	if interrupted.Attempts > 1 {
		after += fmt.Sprintf(" and %d attempts", interrupted.Attempts)
	}
	return fmt.Sprintf(format, after)
}

// facts lists the facts of a call, one on each line.
func facts(failure *esa.Error) string {
	var lines []string
	for _, fact := range []struct{ name, value string }{
		{"Operation", failure.Operation},
		{"Routine", failure.Target.Routine},
		{"Environment", failure.Target.Environment},
		{"Code version", failure.Target.CodeVersion},
		{"Site", failure.Target.Site},
		{"Route", failure.Target.Route},
		{"Host name", failure.Target.Host},
		{"Code", failure.Code},
		{"HTTP status", status(failure.HTTPStatus)},
		{"Message", failure.Message},
		{"RequestId", failure.RequestID},
	} {
		if fact.value != "" {
			lines = append(lines, fmt.Sprintf("  %-13s %s", fact.name+":", fact.value))
		}
	}
	return strings.Join(lines, "\n")
}

func status(code int) string {
	if code == 0 {
		return ""
	}
	return fmt.Sprint(code)
}

// Sentence formats the text of a Go error as a sentence.
func Sentence(text string) string {
	if text == "" {
		return text
	}
	text = strings.ToUpper(text[:1]) + text[1:]
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}
