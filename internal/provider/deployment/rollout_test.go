package deployment

import (
	"context"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-esa/internal/probe"
	"terraform-provider-esa/internal/provider/run"
	"terraform-provider-esa/internal/rollout"
	"terraform-provider-esa/internal/split"
)

// rolloutProvider offers the deployment and nothing else.
type rolloutProvider struct{}

func (rolloutProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "esa"
}
func (rolloutProvider) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse) {}
func (rolloutProvider) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {
}
func (rolloutProvider) DataSources(context.Context) []func() datasource.DataSource { return nil }
func (rolloutProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{func() resource.Resource { return NewResource(nil) }}
}

// Configurations of a test: objects and lists as in JSON, and a value that is unknown.
type (
	object map[string]any
	array  []any
	later  struct{}
)

// value gives a value the type that the schema asks for, with null for what an object does not have.
func value(t *testing.T, want tftypes.Type, given any) tftypes.Value {
	t.Helper()
	switch given := given.(type) {
	case later:
		return tftypes.NewValue(want, tftypes.UnknownValue)
	case object:
		if inMap, ok := want.(tftypes.Map); ok {
			elements := map[string]tftypes.Value{}
			for name, element := range given {
				elements[name] = value(t, inMap.ElementType, element)
			}
			return tftypes.NewValue(want, elements)
		}
		attributes := map[string]tftypes.Value{}
		for name, kind := range want.(tftypes.Object).AttributeTypes {
			attributes[name] = value(t, kind, given[name])
		}
		for name := range given {
			if _, known := attributes[name]; !known {
				t.Fatalf("no attribute %q", name)
			}
		}
		return tftypes.NewValue(want, attributes)
	case array:
		elements := make([]tftypes.Value, len(given))
		for index, element := range given {
			elements[index] = value(t, want.(tftypes.List).ElementType, element)
		}
		return tftypes.NewValue(want, elements)
	case int:
		return tftypes.NewValue(want, big.NewFloat(float64(given)))
	case float64:
		return tftypes.NewValue(want, big.NewFloat(given))
	default:
		return tftypes.NewValue(want, given)
	}
}

// validate returns the errors of a configuration, each with its place, sorted.
func validate(t *testing.T, config object) []string {
	t.Helper()
	server := providerserver.NewProtocol6(rolloutProvider{})()
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	kind := schemas.ResourceSchemas["esa_routine_code_deployment"].ValueType()
	raw, err := tfprotov6.NewDynamicValue(kind, value(t, kind, config))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := server.ValidateResourceConfig(t.Context(), &tfprotov6.ValidateResourceConfigRequest{TypeName: "esa_routine_code_deployment", Config: &raw})
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, d := range resp.Diagnostics {
		found = append(found, fmt.Sprintf("[%s] %s", d.Attribute, strings.ReplaceAll(d.Detail, "\n", " ")))
	}
	slices.Sort(found)
	return found
}

func step(percentage, bakeTime any) object {
	return object{"percentage": percentage, "bake_time": bakeTime}
}

func deploymentWith(given any, more ...object) object {
	config := object{
		"name": "hello", "env": "production",
		"code_versions": array{object{"code_version": "1", "percentage": 30}, object{"code_version": "2", "percentage": 70}},
		"timeouts":      object{"update": "20m"},
		"rollout":       given,
	}
	for _, changes := range more {
		maps.Copy(config, changes)
	}
	return config
}

func TestRolloutIsValidated(t *testing.T) {
	t.Parallel()
	withCheck := func(name string, given any) object {
		check := object{"url": "https://www.example.com/healthz"}
		check[name] = given
		return deploymentWith(object{"checks": array{check}})
	}
	const (
		step0  = `[AttributeName("rollout").AttributeName("steps").ElementKeyInt(0)`
		step1  = `[AttributeName("rollout").AttributeName("steps").ElementKeyInt(1)`
		check0 = `[AttributeName("rollout").AttributeName("checks").ElementKeyInt(0)`
	)
	for name, test := range map[string]struct {
		config object
		want   []string
	}{
		"none":    {deploymentWith(nil), nil},
		"unknown": {deploymentWith(later{}), nil},
		"empty":   {deploymentWith(object{}), nil},
		"whole": {deploymentWith(object{
			"steps": array{step(5, "3m"), step(50, "5m")}, "bake_time": "5m", "on_failure": "hold",
			"checks": array{object{
				"url": "https://www.example.com/healthz", "expect_status": array{200, 204}, "expect_body": "ok", "headers": object{"X-Canary": "yes"},
				"interval": "10s", "timeout": "5s", "max_failures": 3, "connect_to": "192.0.2.1",
			}},
		}), nil},
		"steps that fall": {deploymentWith(object{"steps": array{step(50, "3m"), step(5, "5m")}}), []string{
			step1 + `] rollout.steps[1]: percentage must be greater than 50, the percentage of the step before, got: 5.`,
		}},
		"steps that fall beside an unknown one": {deploymentWith(object{"steps": array{step(later{}, "3m"), later{}, step(50, "3m"), step(50, later{})}}), []string{
			`[AttributeName("rollout").AttributeName("steps").ElementKeyInt(3)] rollout.steps[3]: percentage must be greater than 50, the percentage of the step before, got: 50.`,
		}},
		"a step that no share exceeds": {deploymentWith(object{"steps": array{step(5, "3m"), step(70, "5m")}}), []string{
			step1 + `] rollout.steps[1]: percentage must be less than 70, the share that the rollout ends at, got: 70.`,
		}},
		"a step beside a share of 1": {deploymentWith(object{"steps": array{step(99, "3m")}}, object{
			"code_versions": array{object{"code_version": "1", "percentage": 1}, object{"code_version": "2", "percentage": 99}},
		}), []string{step0 + `] rollout.steps[0]: percentage must be less than 99, the share that the rollout ends at, got: 99.`}},
		"a step below what may be 100": {deploymentWith(object{"steps": array{step(99, "3m")}}, object{"code_versions": later{}}), nil},
		"a step of everything": {deploymentWith(object{"steps": array{step(100, "3m")}}, object{"code_versions": later{}}), []string{
			step0 + `] rollout.steps[0]: percentage must be between 1 and 99, got: 100.`,
		}},
		"a step that is a fraction": {deploymentWith(object{"steps": array{step(99.5, "3m")}}), []string{
			step0 + `.AttributeName("percentage")] Attribute rollout.steps[0].percentage value must be a whole number, got: 99.5`,
		}},
		"more bake time than time": {deploymentWith(object{"steps": array{step(5, "10m")}, "bake_time": "10m"}), []string{
			`[AttributeName("rollout")] The bake times of the rollout sum to 20m, and timeouts.update is 20m.  Set timeouts.update to more than that, with time for the deployments and the last checks.`,
		}},
		"more bake time than the default": {deploymentWith(object{"bake_time": "1h1m1s"}, object{"timeouts": nil}), []string{
			`[AttributeName("rollout")] The bake times of the rollout sum to 1h1m1s, and timeouts.update is 5m.  Set timeouts.update to more than that, with time for the deployments and the last checks.`,
		}},
		"a time that is not known yet": {deploymentWith(object{"bake_time": "1h"}, object{"timeouts": object{"update": later{}}}), nil},
		"no duration": {deploymentWith(object{"steps": array{step(5, "3")}, "bake_time": "-1m"}), []string{
			`[AttributeName("rollout").AttributeName("bake_time")] Attribute rollout.bake_time must be a duration of at least 0s, such as "90s" or "5m", got: "-1m".`,
			step0 + `.AttributeName("bake_time")] Attribute rollout.steps[0].bake_time must be a duration of at least 0s, such as "90s" or "5m", got: "3".`,
		}},
		"neither roll back nor hold": {deploymentWith(object{"on_failure": "rollback"}), []string{
			`[AttributeName("rollout").AttributeName("on_failure")] Attribute rollout.on_failure value must be one of: ["roll_back" "hold"], got: "rollback"`,
		}},
		"a URL with a password": {withCheck("url", "https://user:s3cret@example.com/"), []string{
			check0 + `.AttributeName("url")] Attribute rollout.checks[0].url must not contain a user name or a password.`,
		}},
		"a status that no server answers": {withCheck("expect_status", array{200, 600}), []string{
			check0 + `.AttributeName("expect_status").ElementKeyInt(1)] Attribute rollout.checks[0].expect_status[1] value must be a whole number between 100 and 599, got: 600`,
		}},
		"no status": {withCheck("expect_status", array{}), []string{
			check0 + `.AttributeName("expect_status")] Attribute rollout.checks[0].expect_status list must contain at least 1 elements, got: 0`,
		}},
		"a header of its own host": {withCheck("headers", object{"Host": "example.com"}), []string{
			check0 + `.AttributeName("headers")] Attribute rollout.checks[0].headers must not set Host: it comes from the URL; to send the request to another address, set connect_to.`,
		}},
		"an interval too short": {withCheck("interval", "1ms"), []string{
			check0 + `.AttributeName("interval")] Attribute rollout.checks[0].interval must be a duration of at least 100ms, such as "90s" or "5m", got: "1ms".`,
		}},
		"no failures": {withCheck("max_failures", 0), []string{
			check0 + `.AttributeName("max_failures")] Attribute rollout.checks[0].max_failures value must be a whole number between 1 and 1000, got: 0`,
		}},
		"a URL to connect to": {withCheck("connect_to", "https://192.0.2.1"), []string{
			check0 + `.AttributeName("connect_to")] Attribute rollout.checks[0].connect_to must be an IP address or a host name, with or without a port, got: "https://192.0.2.1".`,
		}},
		"unknown parts": {deploymentWith(object{"steps": later{}, "checks": array{object{"url": later{}, "headers": object{"X": later{}}}}}), nil},
	} {
		if diff := cmp.Diff(test.want, validate(t, test.config)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// rolloutObject is the attribute rollout as the framework hands it out.
func rolloutObject(t *testing.T, given any) types.Object {
	t.Helper()
	kind := rolloutAttribute().GetType()
	converted, err := kind.ValueFromTerraform(t.Context(), value(t, kind.TerraformType(t.Context()), given))
	if err != nil {
		t.Fatal(err)
	}
	return converted.(types.Object)
}

func TestRolloutIsConverted(t *testing.T) {
	t.Parallel()
	allowUnexported := cmp.AllowUnexported(configuredRollout{})
	for name, test := range map[string]struct {
		given any
		want  *configuredRollout
	}{
		"none":            {nil, nil},
		"unknown":         {later{}, nil},
		"partly unknown":  {object{"checks": array{object{"url": later{}}}}, nil},
		"nothing is said": {object{}, &configuredRollout{plan: rollout.Plan{OnFailure: rollout.RollBackOnFailure}}},
		"defaults of a check": {object{"checks": array{object{"url": "https://a.example"}}}, &configuredRollout{
			plan: rollout.Plan{
				Checks:    []rollout.Check{{Interval: 10 * time.Second, Timeout: 5 * time.Second, MaxFailures: 1}},
				OnFailure: rollout.RollBackOnFailure,
			},
			probes: []probe.Check{{URL: "https://a.example", ExpectStatus: []int{200}, Timeout: 5 * time.Second}},
		}},
		"everything is said": {
			object{
				"steps": array{step(5, "3m"), step(50, "1m30s")}, "bake_time": "5m", "on_failure": "hold",
				"checks": array{object{
					"url": "https://a.example", "expect_status": array{200, 204}, "expect_body": "ok", "headers": object{"X-Canary": "yes"},
					"interval": "1s", "timeout": "2s", "max_failures": 3, "connect_to": "192.0.2.1",
				}},
			}, &configuredRollout{
				plan: rollout.Plan{
					Steps:     []rollout.Step{{Percentage: 5, BakeTime: 3 * time.Minute}, {Percentage: 50, BakeTime: 90 * time.Second}},
					BakeTime:  5 * time.Minute,
					Checks:    []rollout.Check{{Interval: time.Second, Timeout: 2 * time.Second, MaxFailures: 3}},
					OnFailure: rollout.HoldOnFailure,
				},
				probes: []probe.Check{{
					URL: "https://a.example", ExpectStatus: []int{200, 204}, ExpectBody: "ok", Headers: map[string]string{"X-Canary": "yes"},
					Timeout: 2 * time.Second, ConnectTo: "192.0.2.1",
				}},
			},
		},
	} {
		got, diags := newConfiguredRollout(t.Context(), rolloutObject(t, test.given))
		if diags.HasError() {
			t.Errorf("%s: %v", name, diags)
		}
		if diff := cmp.Diff(test.want, got, allowUnexported, cmpopts.IgnoreUnexported(probe.Check{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestRolloutIsHeldAgainstWhatIsLive(t *testing.T) {
	t.Parallel()
	configured, diags := newConfiguredRollout(t.Context(), rolloutObject(t, object{"steps": array{step(5, "3m"), step(50, "5m")}, "bake_time": "5m"}))
	if diags.HasError() {
		t.Fatal(diags)
	}
	alone := func(version string) split.Split {
		return split.Observed(split.Share{CodeVersion: version, Percentage: 100})
	}
	half := func(one, two string) split.Split {
		return split.Observed(split.Share{CodeVersion: one, Percentage: 50}, split.Share{CodeVersion: two, Percentage: 50})
	}
	for name, test := range map[string]struct {
		live, goal split.Split
		limit      time.Duration
		want       string
	}{
		"enough time":            {alone("1"), alone("2"), 14 * time.Minute, "5% for 3m, 50% for 5m, then 100% for 5m, at least 13m; no checks"},
		"too little time":        {alone("1"), alone("2"), 13 * time.Minute, "rollout: The bake times of the rollout sum to 13m, and timeouts.update is 13m.\n\nSet timeouts.update to more than that, with time for the deployments and the last checks."},
		"a first release":        {split.Split{}, alone("2"), 6 * time.Minute, "the planned split at once, watched for 5m; no checks; steps skipped: the environment serves no other version, so there is none to go back to"},
		"a way back":             {alone("2"), alone("1"), time.Minute, "the planned split at once; no checks; steps skipped: code version 1 is older than 2, and a way back is one immediate deployment"},
		"a step that is too far": {alone("1"), half("1", "2"), time.Hour, "rollout.steps[1]: rollout.steps[1]: percentage must be less than 50, the share that the rollout ends at, got: 50."},
		"a tie": {half("1", "2"), alone("3"), time.Hour, "rollout: rollout: code versions 1 and 2 serve 50% each, so neither is the stable one; " +
			"deploy only one of them first, or remove the rollout for this release."},
	} {
		itinerary, diags := configured.itinerary(test.live, test.goal, nil, "timeouts.update", test.limit)
		got := itinerary.String()
		if diags.HasError() {
			got = diags[0].Detail()
			if placed, ok := diags[0].(diag.DiagnosticWithPath); ok {
				got = placed.Path().String() + ": " + got
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestStepsThatARolloutResumesAt tells the steps of a rollout that an earlier apply has made from deployments of other people.
func TestStepsThatARolloutResumesAt(t *testing.T) {
	t.Parallel()
	kind := rolloutObject(t, object{"steps": array{step(5, "3m"), step(50, "5m")}})
	for name, test := range map[string]struct {
		live    []split.Share
		unseen  bool
		resumes bool
	}{
		"the first step":                     {[]split.Share{share("1", 95), share("2", 5)}, false, true},
		"the second step":                    {[]split.Share{share("1", 50), share("2", 50)}, false, true},
		"the goal":                           {[]split.Share{share("2", 100)}, false, false},
		"other shares":                       {[]split.Share{share("1", 80), share("2", 20)}, false, false},
		"another version":                    {[]split.Share{share("3", 100)}, false, false},
		"a step of another version":          {[]split.Share{share("1", 95), share("3", 5)}, false, false},
		"a step, the state never seen live":  {[]split.Share{share("1", 50), share("2", 50)}, true, true},
		"the goal, the state not seen live":  {[]split.Share{share("2", 100)}, true, false},
		"another, the state never seen live": {[]split.Share{share("3", 100)}, true, false},
	} {
		plan := planning(share("2", 100))
		plan.Rollout = kind
		change := run.Change{InState: serving("4711", share("1", 100)), Live: serving("4712", test.live...), Unseen: test.unseen}
		if resumes := plan.resumes(t.Context(), change); resumes != test.resumes {
			t.Errorf("%s: resumes: %t", name, resumes)
		}
	}
}

// TestVersionsWhoseShareRises are taken for newer than those whose share falls or stays.
func TestVersionsWhoseShareRises(t *testing.T) {
	t.Parallel()
	former, next := time.Unix(1, 0), time.Unix(2, 0)
	created := risingAsNewest(split.Observed(share("1", 50), share("2", 30), share("3", 20)), split.Observed(share("1", 50), share("2", 10), share("4", 40)))
	if diff := cmp.Diff(map[string]time.Time{"1": former, "2": former, "3": former, "4": next}, created); diff != "" {
		t.Errorf("times (-want +got):\n%s", diff)
	}
}
