package deployment

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/provider/framework"
	"terraform-provider-esa/internal/provider/run"
	"terraform-provider-esa/internal/split"
)

// planning is a plan for hello:production that serves these versions, the last of them an unknown one where it is empty.
func planning(shares ...split.Share) resourceModel {
	list := shareList(shares)
	elements := list.Elements()
	for index, share := range shares {
		if object, ok := elements[index].(types.Object); ok && share.CodeVersion == "" {
			attributes := object.Attributes()
			attributes[attributeCodeVersion] = types.StringUnknown()
			elements[index] = types.ObjectValueMust(shareType.AttrTypes, attributes)
		}
	}
	return resourceModel{
		Name: types.StringValue("hello"), Env: types.StringValue("production"),
		CodeVersions: types.ListValueMust(shareType, elements), Traffic: types.MapNull(types.NumberType), Rollout: types.ObjectNull(rolloutTypes()),
		Timeouts: framework.MovedTimeouts{}.Value("create", "read", "update"),
	}
}

func serving(id string, shares ...split.Share) *esa.Deployment {
	deployment := &esa.Deployment{ID: id, Environment: "production", CreateTime: "2026-05-04T03:02:01Z"}
	for _, share := range shares {
		deployment.CodeVersions = append(deployment.CodeVersions, esa.DeployedVersion{CodeVersion: share.CodeVersion, Percentage: share.Percentage})
	}
	return deployment
}

func share(codeVersion string, percentage int) split.Share {
	return split.Share{CodeVersion: codeVersion, Percentage: percentage}
}

// expectDiagnostic checks that there is one diagnostic with this severity and these texts, or none if severity is 0.
func expectDiagnostic(t *testing.T, diags diag.Diagnostics, severity diag.Severity, texts ...string) {
	t.Helper()
	if severity == diag.SeverityInvalid {
		if len(diags) != 0 {
			t.Errorf("got %v, want nothing", diags)
		}
		return
	}
	if len(diags) != 1 || diags[0].Severity() != severity {
		t.Fatalf("got %v, want one %s", diags, severity)
	}
	words := strings.Join(strings.Fields(diags[0].Summary()+": "+diags[0].Detail()), " ")
	for _, text := range texts {
		if !strings.Contains(words, text) {
			t.Errorf("got %q, want %q in it", words, text)
		}
	}
}

func TestPlannedTraffic(t *testing.T) {
	t.Parallel()
	state := planning(share("1", 90), share("2", 10))
	state.Traffic = trafficMap(split.Observed(share("1", 90), share("2", 10)))
	before := state
	before.Traffic = types.MapNull(types.NumberType)
	for name, test := range map[string]struct {
		plan  resourceModel
		state *resourceModel
		want  attr.Value
	}{
		"a create":                       {planning(share("1", 100)), nil, trafficMap(split.Observed(share("1", 100)))},
		"a create of an unknown version": {planning(share("1", 90), share("", 10)), nil, types.MapUnknown(types.NumberType)},
		"a change":                       {planning(share("2", 100)), &state, trafficMap(split.Observed(share("2", 100)))},
		"a change to an unknown version": {planning(share("", 100)), &state, types.MapUnknown(types.NumberType)},
		"another order":                  {planning(share("2", 10), share("1", 90)), &state, state.Traffic},
		"a state without traffic":        {planning(share("1", 90), share("2", 10)), &before, before.Traffic},
	} {
		test.plan.planComputed(test.state)
		if !test.plan.Traffic.Equal(test.want) {
			t.Errorf("%s: traffic is planned as %s, want %s", name, test.plan.Traffic, test.want)
		}
	}
}

// TestPlannedIdentity plans the id as soon as name and environment are known, and keeps a deployment only where the split and the
// environment stay.
func TestPlannedIdentity(t *testing.T) {
	t.Parallel()
	state := planning(share("1", 100))
	state.ID, state.DeploymentID, state.CreateTime = types.StringValue("hello:production"), types.StringValue("4711"), types.StringValue("2026-05-04T03:02:01Z")
	known, unknown := types.StringValue("hello:production"), types.StringUnknown()
	for name, test := range map[string]struct {
		change         func(*resourceModel)
		state          *resourceModel
		id, deployment types.String
	}{
		"a create":               {func(*resourceModel) {}, nil, known, unknown},
		"nothing":                {func(*resourceModel) {}, &state, known, state.DeploymentID},
		"an unknown name":        {func(m *resourceModel) { m.Name = types.StringUnknown() }, &state, unknown, unknown},
		"an unknown environment": {func(m *resourceModel) { m.Env = types.StringUnknown() }, &state, unknown, unknown},
		"another environment":    {func(m *resourceModel) { m.Env = types.StringValue("staging") }, &state, types.StringValue("hello:staging"), unknown},
		"another routine":        {func(m *resourceModel) { m.Name = types.StringValue("other") }, &state, types.StringValue("other:production"), unknown},
		"another split":          {func(m *resourceModel) { m.CodeVersions = planning(share("2", 100)).CodeVersions }, &state, known, unknown},
		"an unknown split":       {func(m *resourceModel) { m.CodeVersions = types.ListUnknown(shareType) }, &state, known, unknown},
	} {
		plan := state
		plan.ID, plan.DeploymentID, plan.CreateTime = types.StringValue("former"), types.StringValue("former"), types.StringValue("former")
		test.change(&plan)
		plan.planComputed(test.state)
		created := unknown
		if test.deployment.Equal(state.DeploymentID) {
			created = state.CreateTime
		}
		if !plan.ID.Equal(test.id) || !plan.DeploymentID.Equal(test.deployment) || !plan.CreateTime.Equal(created) {
			t.Errorf("%s: planned are %s, %s, %s; want %s, %s, %s", name, plan.ID, plan.DeploymentID, plan.CreateTime, test.id, test.deployment, created)
		}
	}
}

func TestOutsideChange(t *testing.T) {
	t.Parallel()
	change := run.Change{InState: serving("4711", share("1", 100)), Live: serving("4712", share("9", 100))}
	three := []string{
		"Environment hello:production was changed outside of Terraform", "Someone else deployed to the production environment of routine \"hello\" after the last apply.",
		"in state: 100% 1 (deployment 4711", "current: 100% 9 (deployment 4712",
	}
	plan := planning(share("1", 50), share("2", 50))
	expectDiagnostic(t, plan.checkOutsideChange(t.Context(), change), diag.SeverityWarning,
		append(three, "planned: 50% 1 + 50% 2", "100% of the traffic would move to another code version.", "apply this plan")...)
	plan.OnOutsideChange = types.StringValue("stop")
	expectDiagnostic(t, plan.checkOutsideChange(t.Context(), change), diag.SeverityError,
		append(three, "set it in code_versions", `set on_outside_change = "warn" for this release`)...)

	plan = planning(share("9", 90), share("", 10))
	expectDiagnostic(t, plan.checkOutsideChange(t.Context(), change), diag.SeverityWarning, "planned: 90% 9 + 10% (known after apply)", "Up to 10% of the traffic")
	plan.CodeVersions = types.ListUnknown(shareType)
	expectDiagnostic(t, plan.checkOutsideChange(t.Context(), change), diag.SeverityWarning, "planned: (known after apply)", "How much traffic this moves is known after apply.")
	plan = planning(share("9", 100))
	plan.OnOutsideChange = types.StringValue("stop")
	expectDiagnostic(t, plan.checkOutsideChange(t.Context(), change), diag.SeverityInvalid)

	change.Unseen = true
	expectDiagnostic(t, planning(share("1", 100)).checkOutsideChange(t.Context(), change), diag.SeverityWarning, "It is also possible that the deployment in the state did not take effect")
}

func TestOverwrite(t *testing.T) {
	t.Parallel()
	live := serving("4711", share("1", 100))
	for name, test := range map[string]struct {
		plan      resourceModel
		overwrite types.Bool
		severity  diag.Severity
		words     string
	}{
		"the same split":                    {planning(share("1", 100)), types.BoolNull(), diag.SeverityWarning, "The apply adopts this deployment and does not deploy anything."},
		"another split":                     {planning(share("2", 100)), types.BoolNull(), diag.SeverityError, "100% of the traffic"},
		"another split, allowed":            {planning(share("2", 100)), types.BoolValue(true), diag.SeverityWarning, "because allow_overwrite is set"},
		"an unknown version":                {planning(share("1", 90), share("", 10)), types.BoolNull(), diag.SeverityError, "Up to 10% of the traffic"},
		"an unknown version, allowed":       {planning(share("", 100)), types.BoolValue(true), diag.SeverityWarning, "planned: 100% (known after apply)"},
		"an unknown permission":             {planning(share("", 100)), types.BoolUnknown(), diag.SeverityWarning, "allow_overwrite is known only after apply."},
		"the same split, perhaps permitted": {planning(share("1", 100)), types.BoolUnknown(), diag.SeverityWarning, "does not deploy anything"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.plan.AllowOverwrite = test.overwrite
			expectDiagnostic(t, test.plan.checkOverwrite(live), test.severity, test.words)
			expectDiagnostic(t, test.plan.checkOverwrite(nil), diag.SeverityInvalid)
		})
	}
	whole := planning()
	whole.CodeVersions = types.ListUnknown(shareType)
	expectDiagnostic(t, whole.checkOverwrite(live), diag.SeverityError, "planned: (known after apply)")
}

func TestNearestVersion(t *testing.T) {
	t.Parallel()
	existing := []string{"1723599747213377175", "1723599747213377176", "1724031912836413459"}
	for wanted, want := range map[string]string{
		"1723599747213377999": "1723599747213377176",
		"172359974721337717":  "1723599747213377176",
		"1724031912836413450": "1724031912836413459",
		"2723599747213377175": "1723599747213377175",
		"v2":                  "1724031912836413459",
	} {
		if got := nearestVersion(wanted, existing); got != want {
			t.Errorf("nearest to %s is %s, want %s", wanted, got, want)
		}
	}
	if got := nearestVersion("1", nil); got != "" {
		t.Errorf("nearest of none is %q", got)
	}
}

// TestLateAnswers tells by the time and the id of a deployment whether an answer is late.
func TestLateAnswers(t *testing.T) {
	t.Parallel()
	at := func(id, created string) *esa.Deployment { return &esa.Deployment{ID: id, CreateTime: created} }
	const before, then, fraction, after = "2024-08-20T11:59:59Z", "2024-08-20T12:00:00Z", "2024-08-20T12:00:00.5Z", "2024-08-20T12:00:01Z"
	r := &release{replaced: []string{"gone"}}
	for name, test := range map[string]struct {
		live, base *esa.Deployment
		late       bool
	}{
		"nothing is live":                   {nil, at("2", then), false},
		"nothing to compare with":           {at("1", before), nil, false},
		"what this apply has replaced":      {at("gone", after), nil, true},
		"an older one":                      {at("1", before), at("2", then), true},
		"a newer one":                       {at("3", after), at("2", then), false},
		"another one of the same second":    {at("3", then), at("2", then), false},
		"the same in another form":          {at("2", then), at("2", fraction), false},
		"an older one by half a second":     {at("1", then), at("2", fraction), true},
		"a time that is missing":            {at("1", ""), at("2", then), false},
		"a time of the base that is absent": {at("1", before), at("2", ""), false},
	} {
		if late := r.isLate(test.live, test.base); late != test.late {
			t.Errorf("%s: late: %t", name, late)
		}
	}
}

// private is the private data of a resource.
type private map[string][]byte

func (p private) GetKey(_ context.Context, key string) ([]byte, diag.Diagnostics) { return p[key], nil }

func (p private) SetKey(_ context.Context, key string, value []byte) diag.Diagnostics {
	p[key] = value
	return nil
}

// resourceOf returns the resource in a run of Terraform.
func resourceOf(t *testing.T, record *run.Record) *deploymentResource {
	t.Helper()
	r, ok := NewResource(nil).(*deploymentResource)
	if !ok {
		t.Fatalf("the resource is a %T", NewResource(nil))
	}
	var resp resource.ConfigureResponse
	r.Configure(t.Context(), resource.ConfigureRequest{ProviderData: framework.ProviderData{Run: record}}, &resp)
	expectDiagnostic(t, resp.Diagnostics, diag.SeverityInvalid)
	return r
}

// TestTwoPlansOfOneEnvironment plans an environment twice: by two resources, and by the two plans that Terraform makes of a
// replacement, which differ where ignore_changes keeps the former split in the first.
func TestTwoPlansOfOneEnvironment(t *testing.T) {
	t.Parallel()
	state := planning(share("1", 100))
	former, next := state, planning(share("2", 100))
	// expect makes the plans of one run, and checks whether the last is a conflict.
	expect := func(conflict bool, plans ...func(*deploymentResource) diag.Diagnostics) {
		t.Helper()
		r := resourceOf(t, new(run.Record))
		for _, plan := range plans[:len(plans)-1] {
			expectDiagnostic(t, plan(r), diag.SeverityInvalid)
		}
		diags := plans[len(plans)-1](r)
		if conflict {
			expectDiagnostic(t, diags, diag.SeverityError, "Two resources deploy to hello:production", "this resource: 100%", "other resource: 100%")
		} else {
			expectDiagnostic(t, diags, diag.SeverityInvalid)
		}
	}
	plan := func(m resourceModel, state *resourceModel, own private) func(*deploymentResource) diag.Diagnostics {
		return func(r *deploymentResource) diag.Diagnostics { return r.checkRun(t.Context(), m, state, own, own) }
	}
	replaced := private{}
	expect(true, plan(former, nil, private{}), plan(next, nil, private{}))
	expect(true, plan(former, &state, private{}), plan(next, &state, private{}))
	expect(true, plan(former, &state, private{}), plan(next, nil, private{}))
	expect(false, plan(next, nil, private{}), plan(next, nil, nil))
	expect(false, plan(former, &state, replaced), plan(next, nil, replaced))
	expect(true, plan(former, &state, replaced), plan(next, nil, replaced), plan(former, nil, private{}))
	// Two places that are known after apply may be two places.
	for _, place := range []func(*resourceModel){
		func(m *resourceModel) { m.Name = types.StringUnknown() }, func(m *resourceModel) { m.Env = types.StringUnknown() },
	} {
		one, other := former, next
		place(&one)
		place(&other)
		expect(false, plan(one, nil, private{}), plan(other, nil, private{}))
	}
	// Only the first plan of a replacement is superseded by the second, not the plan of another resource before it.
	expect(true, plan(former, nil, private{}), plan(next, &state, private{"first_plan": []byte(`"100% 1"`)}))
}

// TestOutsideChangeOfAnotherPlace warns of a change from outside where the resource stays, and not where it comes to: that is a create.
func TestOutsideChangeOfAnotherPlace(t *testing.T) {
	t.Parallel()
	record, plan, elsewhere := new(run.Record), planning(share("1", 100)), planning(share("1", 100))
	elsewhere.Env = types.StringValue("staging")
	record.Changes.Set(plan.environment(), run.Change{InState: serving("4711", share("1", 100)), Live: serving("4712", share("9", 100))})
	r := resourceOf(t, record)
	for name, test := range map[string]struct {
		state    *resourceModel
		severity diag.Severity
	}{
		"stays": {&plan, diag.SeverityWarning}, "comes from elsewhere": {&elsewhere, diag.SeverityInvalid}, "is created": {nil, diag.SeverityInvalid},
	} {
		t.Log(name)
		expectDiagnostic(t, r.checkRun(t.Context(), plan, test.state, private{}, private{}), test.severity)
	}
}

// TestVariablesOfAnotherEnvironment plans versions that carry the variables of an environment.
func TestVariablesOfAnotherEnvironment(t *testing.T) {
	t.Parallel()
	record := new(run.Record)
	r := resourceOf(t, record)
	plan := planning(share("1", 90), share("2", 10))
	expectDiagnostic(t, r.checkVariables(plan), diag.SeverityInvalid)
	record.Bound.Set(esa.Target{Routine: "other", CodeVersion: "1"}, "staging")
	record.Bound.Set(esa.Target{Routine: "hello", CodeVersion: "1"}, "production")
	expectDiagnostic(t, r.checkVariables(plan), diag.SeverityInvalid)
	record.Bound.Set(esa.Target{Routine: "hello", CodeVersion: "2"}, "staging")
	expectDiagnostic(t, r.checkVariables(plan), diag.SeverityWarning, "Code version carries the variables of another environment", `Code version 2 of routine "hello" was published with deploy_env = "staging"`)
	expectDiagnostic(t, r.checkVariables(planning(share("1", 90), share("", 10))), diag.SeverityInvalid)
	plan.CodeVersions = types.ListUnknown(shareType)
	expectDiagnostic(t, r.checkVariables(plan), diag.SeverityInvalid)
}

// TestVersionsThatAreMissing names the closest version that could be deployed, where ESA lists the versions.
func TestVersionsThatAreMissing(t *testing.T) {
	t.Parallel()
	server, client := simulated(t)
	server.AddCodeVersionStatus("hello", "1723599747213377998", "failed")
	server.AddCodeVersion("hello", "1723599747213377175")
	check := func(texts ...string) {
		t.Helper()
		expectDiagnostic(t, planning(share("1723599747213377999", 100)).checkVersions(t.Context(), client, split.Split{}), diag.SeverityError, texts...)
	}
	check("The closest existing version is 1723599747213377175.")
	server.Inject(esasim.Rule{Operation: "ListRoutineCodeVersions", Fault: esasim.ChosenError, Status: 403, Code: "Forbidden.RAM"})
	check(`routine "hello" has no code version 1723599747213377999. Check the number`)
}

// TestOrderOfShares keeps the order of a configuration: what is new follows what is written, in the order of what is live.
func TestOrderOfShares(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		written resourceModel
		live    []split.Share
		want    string
	}{
		"as written":                     {planning(share("2", 50), share("1", 50)), []split.Share{share("1", 90), share("2", 10)}, "[{2 10} {1 90}]"},
		"one is new":                     {planning(share("3", 50), share("2", 50)), []split.Share{share("1", 90), share("2", 10)}, "[{2 10} {1 90}]"},
		"all are new":                    {planning(share("3", 100)), []split.Share{share("1", 90), share("2", 10)}, "[{1 90} {2 10}]"},
		"one was unknown, the other new": {planning(share("", 50), share("2", 50)), []split.Share{share("1", 90), share("2", 10)}, "[{2 10} {1 90}]"},
	} {
		if got := fmt.Sprint(inOrderOf(test.live, test.written.CodeVersions)); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

// TestLeavingAndComingBack notes in the record of a run what leaves the state, and that an environment which is deployed to again in
// the same run has not been left.
func TestLeavingAndComingBack(t *testing.T) {
	t.Parallel()
	record, state := new(run.Record), planning(share("1", 100))
	r := resourceOf(t, record)
	expectDiagnostic(t, r.planToLeave(state), diag.SeverityWarning, "Deployment of hello:production is only removed from the state")
	if !record.Leaves.Of(state.environment()) {
		t.Error("the record does not have that the plan leaves the environment")
	}
	record.Deletes.Set("other", true)
	expectDiagnostic(t, r.planToLeave(state), diag.SeverityWarning, "unless this plan also deletes the routine")
	record.Deletes.Set("hello", true)
	expectDiagnostic(t, r.planToLeave(state), diag.SeverityInvalid)

	record = new(run.Record)
	r = resourceOf(t, record)
	record.Left.Set(state.environment(), "4711")
	r.Configure(t.Context(), resource.ConfigureRequest{ProviderData: framework.ProviderData{Run: record, Client: esa.New(esa.Config{})}}, &resource.ConfigureResponse{})
	var schema resource.SchemaResponse
	r.Schema(t.Context(), resource.SchemaRequest{}, &schema)
	var identity resource.IdentitySchemaResponse
	r.IdentitySchema(t.Context(), resource.IdentitySchemaRequest{}, &identity)
	none := tftypes.NewValue(identity.IdentitySchema.Type().TerraformType(t.Context()), nil)
	var diags diag.Diagnostics
	r.apply(t.Context(), state, &state, &tfsdk.State{Schema: schema.Schema}, &tfsdk.ResourceIdentity{Schema: identity.IdentitySchema, Raw: none}, &diags)
	expectDiagnostic(t, diags, diag.SeverityInvalid)
	if _, left := record.Left.Get(state.environment()); left || !record.Applying.Load() {
		t.Errorf("left: %t, applying: %t; want that this run applies, and has come back", left, record.Applying.Load())
	}
	// What is left is what no object of the run manages: neither a former object of the environment counts, nor one that comes back.
	for _, anew := range []bool{false, true} {
		record.Left.Delete(state.environment())
		if anew {
			r.NoteCreated(state.resourceID())
		}
		former := tfsdk.State{Schema: schema.Schema}
		expectDiagnostic(t, former.Set(t.Context(), state), diag.SeverityInvalid)
		r.Delete(t.Context(), resource.DeleteRequest{State: former}, &resource.DeleteResponse{})
		if _, left := record.Left.Get(state.environment()); left == anew {
			t.Errorf("created anew: %t, left: %t", anew, left)
		}
	}
	// In the middle of an apply a warning comes too late.
	expectDiagnostic(t, r.planToLeave(state), diag.SeverityInvalid)
	if !record.Leaves.Of(state.environment()) {
		t.Error("the record does not have that an apply leaves the environment")
	}
}

// simulated starts a simulator with the routine hello, and returns a client of it.
func simulated(t *testing.T) (*esasim.Server, *esa.Client) {
	t.Helper()
	server := esasim.Start(t)
	server.AddRoutine("hello")
	endpoint, err := esa.ParseEndpoint(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return server, esa.New(esa.Config{Endpoint: endpoint, Region: esa.DefaultRegion, Credentials: esa.NewStaticCredentials(esasim.AccessKeyID, esasim.AccessKeySecret, "")})
}

// TestDataSourceReadsAgainInAnApply uses an answer of the last minute for a plan, and none in an apply: what the data source depends
// on may have deployed by other means than this provider.
func TestDataSourceReadsAgainInAnApply(t *testing.T) {
	t.Parallel()
	server, client := simulated(t)
	record := new(run.Record)
	for _, step := range []struct {
		applying bool
		calls    int
	}{{false, 1}, {false, 1}, {true, 2}, {true, 3}} {
		record.Applying.Store(step.applying)
		model := dataSourceModel{Name: types.StringValue("hello"), Env: types.StringValue("production")}
		expectDiagnostic(t, readDeployment(t.Context(), client, record, &model), diag.SeverityInvalid)
		if calls := server.Count("GetRoutine"); calls != step.calls {
			t.Errorf("applying: %t: %d calls so far, want %d", step.applying, calls, step.calls)
		}
	}
}
