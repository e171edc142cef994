package framework

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/split"
)

// Split returns the split of a deployment, an empty one for nil.
func Split(deployment *esa.Deployment) split.Split {
	if deployment == nil {
		return split.Split{}
	}
	shares := make([]split.Share, len(deployment.CodeVersions))
	for index, version := range deployment.CodeVersions {
		shares[index] = split.Share{CodeVersion: version.CodeVersion, Percentage: version.Percentage}
	}
	return split.Observed(shares...)
}

// Serving lists the splits of deployments, one on each line.
func Serving(deployments []esa.Deployment) string {
	var lines []string
	for _, deployment := range slices.SortedFunc(slices.Values(deployments), inOrder) {
		lines = append(lines, fmt.Sprintf("  %-11s %s (deployment %s)", deployment.Environment+":", Split(&deployment), deployment.ID))
	}
	return strings.Join(lines, "\n")
}

// inOrder compares deployments by the order of [esa.Environments].
func inOrder(a, b esa.Deployment) int {
	return cmp.Compare(slices.Index(esa.Environments(), a.Environment), slices.Index(esa.Environments(), b.Environment))
}

// Environment formats an environment for a message.
func Environment(routine, environment string) string {
	return fmt.Sprintf("the %s environment of routine %q", environment, routine)
}
