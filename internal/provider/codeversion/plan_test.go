package codeversion_test

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"terraform-provider-esa/internal/acceptance"
)

// simulation is short for what every test has.
type simulation = acceptance.Simulated

// afterPlan does something between a plan and its apply.
type afterPlan func() error

// CheckPlan implements plancheck.PlanCheck.
func (f afterPlan) CheckPlan(_ context.Context, _ plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	resp.Error = f()
}

func nothingReserved(t *testing.T, simulator *simulation) {
	t.Helper()
	if count := simulator.Count("CreateRoutineWithAssetsCodeVersion"); count != 0 {
		t.Errorf("%d versions were reserved, want none", count)
	}
}
