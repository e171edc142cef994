package apierror

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"terraform-provider-esa/internal/esa"
)

// operations are the operations that the client calls, read from its source so that none is forgotten.
func operations(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../../esa/*.go")
	if err != nil {
		t.Fatal(err)
	}
	called := regexp.MustCompile(`"((?:Get|List|Create|Update|Delete|Set)\w*(?:Routine|Site)\w*)"`)
	found := map[string]bool{}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range called.FindAllStringSubmatch(string(source), -1) {
			found[match[1]] = true
		}
	}
	if !found["GetRoutine"] || !found["CreateRoutineCodeDeployment"] || !found["ListRoutineCodeVersions"] {
		t.Fatalf("found the operations %v, of which some are missing", slices.Sorted(maps.Keys(found)))
	}
	return slices.Sorted(maps.Keys(found))
}

// failures are the errors that a call of an operation can end with: of each kind, with each code and each HTTP status that
// makes a difference.
func failures(operation string) map[string]*esa.Error {
	target := esa.Target{Routine: "hello", CodeVersion: "1723599747213377175"}
	all := map[string]*esa.Error{}
	for kind, name := range map[esa.Kind]string{
		esa.Broken: "broken", esa.Unreachable: "unreachable", esa.Untrusted: "untrusted", esa.Unauthenticated: "unauthenticated", esa.Failed: "failed",
	} {
		all[name] = &esa.Error{Operation: operation, Target: target, Kind: kind, Message: "it did not work"}
	}
	for _, status := range []int{200, 404, 429, 502} {
		all[fmt.Sprint("unreadable ", status)] = &esa.Error{Operation: operation, Target: target, Kind: esa.Unreadable, HTTPStatus: status, Message: "it makes no sense"}
	}
	codes := append(slices.Collect(maps.Keys(byCode)), "Throttling.User", "InvalidAccessKeyId.NotFound", "MissingSecurityToken", "NoPermission", "Routine.SomethingNew")
	for _, code := range codes {
		for _, status := range []int{400, 503} {
			all[fmt.Sprint(code, " ", status)] = &esa.Error{Operation: operation, Target: target, Kind: esa.Refused, HTTPStatus: status, Code: code, Message: "no", RequestID: "1"}
		}
	}
	return all
}

// TestAdviceFitsTheOperation says of a write that may have taken effect that this is not known, and of nothing else: a
// read changes nothing, and is part of a plan as often as of an apply.
func TestAdviceFitsTheOperation(t *testing.T) {
	t.Parallel()
	ofWrites := regexp.MustCompile(`(?i)\bappl(y|ies)\b|carried out|nothing (is|was)|twice|released?\b`)
	for _, operation := range operations(t) {
		reads := strings.HasPrefix(operation, "Get") || strings.HasPrefix(operation, "List")
		for name, failure := range failures(operation) {
			for form, err := range map[string]error{
				"at once":               failure,
				"until the time was up": &esa.Interrupted{Operation: operation, Cause: context.DeadlineExceeded, Last: failure, Attempts: 3},
			} {
				detail := Detail(err)
				prose, facts, ok := strings.Cut(detail, "  Operation:")
				switch {
				case !ok || !strings.Contains(facts, operation):
					t.Errorf("%s, %s, %s: the facts are missing:\n%s", operation, name, form, detail)
				case reads && ofWrites.MatchString(prose):
					t.Errorf("%s, %s, %s: a read gets the advice of a write:\n%s", operation, name, form, prose)
				case !reads && failure.MayHaveTakenEffect() != strings.Contains(prose, "unknown whether ESA processed the request"):
					t.Errorf("%s, %s, %s: may have taken effect: %t, but it says:\n%s", operation, name, form, failure.MayHaveTakenEffect(), prose)
				case !strings.Contains(prose, "What to do: "):
					t.Errorf("%s, %s, %s: nothing to do:\n%s", operation, name, form, prose)
				}
			}
		}
	}
}

// TestCleanupSpeaksOfNoTimeout has a cleanup fail in every way: how long it may take is set by no attribute.
func TestCleanupSpeaksOfNoTimeout(t *testing.T) {
	t.Parallel()
	for name, failure := range failures("DeleteRoutineCodeVersion") {
		interrupted := &esa.Interrupted{Operation: failure.Operation, Cause: context.DeadlineExceeded, Last: failure, Attempts: 3}
		if detail := CleanupDetail(interrupted); strings.Contains(detail, "timeout") || !strings.Contains(detail, "The provider gave up after 0s and 3 attempts.") {
			t.Errorf("%s: the cleanup says:\n%s", name, detail)
		}
	}
}
