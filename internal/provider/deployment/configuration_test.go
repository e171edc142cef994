package deployment_test

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-testing/knownvalue"

	"terraform-provider-esa/internal/esasim"
)

// The routine and the versions that the tests release; the versions are beyond what a float64 is exact for.
const (
	routine   = "hello"
	stable    = "1723599747213377175"
	candidate = "1723599747213377176"
	third     = "1723599747213377177"

	address = "esa_routine_code_deployment.test"
)

// share is an element of code_versions as HCL.
func share(codeVersion string, percentage any) string {
	return fmt.Sprintf("{ code_version = %q, percentage = %v }", codeVersion, percentage)
}

// release is the resource under test, in production of the routine, with more arguments after the split.
func release(shares []string, more ...string) string {
	return releaseTo("production", shares, more...)
}

func releaseTo(env string, shares []string, more ...string) string {
	return fmt.Sprintf("resource \"esa_routine_code_deployment\" \"test\" {\n  name = %q\n  env  = %q\n  code_versions = [\n    %s\n  ]\n  %s\n}\n",
		routine, env, strings.Join(shares, ",\n    "), strings.Join(more, "\n  "))
}

func shares(elements ...string) []string {
	return elements
}

// codeVersions is the check of a list of versions and percentages in turn.
func codeVersions(versionsAndPercentages ...any) knownvalue.Check {
	var elements []knownvalue.Check
	for index := 0; index < len(versionsAndPercentages); index += 2 {
		elements = append(elements, knownvalue.ObjectExact(map[string]knownvalue.Check{
			"code_version": knownvalue.StringExact(versionsAndPercentages[index].(string)),
			"percentage":   knownvalue.Int64Exact(int64(versionsAndPercentages[index+1].(int))),
		}))
	}
	return knownvalue.ListExact(elements)
}

// seeded makes the routine with its three versions.
func seeded(simulator *esasim.Server) {
	simulator.AddRoutine(routine)
	for _, version := range []string{stable, candidate, third} {
		simulator.AddCodeVersion(routine, version)
	}
}

func all(codeVersion string) []esasim.Share {
	return []esasim.Share{{CodeVersion: codeVersion, Percentage: 100}}
}

// esaShares are versions and percentages in turn, as the simulator takes them.
func esaShares(versionsAndPercentages ...any) []esasim.Share {
	var result []esasim.Share
	for index := 0; index < len(versionsAndPercentages); index += 2 {
		result = append(result, esasim.Share{CodeVersion: versionsAndPercentages[index].(string), Percentage: versionsAndPercentages[index+1].(int)})
	}
	return result
}

// stale makes ESA show what was live before the last write, for ever.
func stale() esasim.Rule {
	return esasim.Rule{Operation: "GetRoutine", Fault: esasim.Stale}
}
