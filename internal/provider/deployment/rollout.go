package deployment

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"terraform-provider-esa/internal/probe"
	"terraform-provider-esa/internal/provider/framework"
	"terraform-provider-esa/internal/rollout"
	"terraform-provider-esa/internal/split"
)

// The attributes of rollout in messages and plans.
const (
	attributeRollout   = "rollout"
	attributeSteps     = "steps"
	attributeBakeTime  = "bake_time"
	attributeHeaders   = "headers"
	attributeConnectTo = "connect_to"
)

// What a check asks by default.
const (
	defaultCheckInterval = 10 * time.Second
	defaultCheckTimeout  = 5 * time.Second
	// One failure is enough: at a share of 5%, three consecutive failures are rare even if every answer of the candidate is an error.
	defaultMaxFailures = 1
	defaultStatus      = 200
)

// minCheckTime is the minimum interval and the minimum timeout of a check. Ten requests a second detect a candidate that fails
// sometimes, even with a share of a few percent.
const minCheckTime = 100 * time.Millisecond

// rolloutAttribute is the attribute rollout.
func rolloutAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "Releases `code_versions` in steps, with health checks. The candidate is the code version whose share rises. " +
			"Steps apply only forward, to a version newer than the stable one: a way back is one immediate deployment. " +
			"A first release has no steps. A change of only `rollout` does not deploy anything. " +
			"The plan says in a warning what the apply is going to do, unless it is made with `-refresh=false`.",
		Validators: []validator.Object{rolloutValidator{"steps that rise and stay below the share that the rollout ends at, and bake times that fit into timeouts.update"}},
		Attributes: map[string]schema.Attribute{
			attributeSteps: schema.ListNestedAttribute{
				Optional:            true,
				MarkdownDescription: "Shares of the candidate on the way to `code_versions`, strictly rising and below the share that it ends at.",
				Validators:          []validator.List{listvalidator.NoNullValues()},
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					attributePercentage: schema.NumberAttribute{
						Required:            true,
						MarkdownDescription: "Share of the candidate, in percent: a whole number from 1 to 99.",
						Validators:          []validator.Number{framework.WholeNumber(0, 0)},
					},
					attributeBakeTime: schema.StringAttribute{
						Required:            true,
						MarkdownDescription: "How long the step is watched before the next one, such as `90s` or `5m`.",
						Validators:          []validator.String{atLeast(0)},
					},
				}},
			},
			attributeBakeTime: schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "How long `code_versions` is watched after it is live. Defaults to `0s`, which asks each check once.",
				Validators:          []validator.String{atLeast(0)},
			},
			"checks": schema.ListNestedAttribute{
				Optional: true,
				MarkdownDescription: "Health checks. Each one is asked from the moment a step is live until its bake time ends. " +
					"A step is not left while a check fails. Every attempt makes a new connection; redirects are not followed; certificates are always verified.",
				Validators:   []validator.List{listvalidator.NoNullValues()},
				NestedObject: schema.NestedAttributeObject{Attributes: checkAttributes()},
			},
			"on_failure": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "What happens when a check fails: `roll_back` deploys only the stable version, `hold` keeps the current step. " +
					"Both end in an error. Defaults to `roll_back`.",
				Validators: []validator.String{stringvalidator.OneOf(string(rollout.RollBackOnFailure), string(rollout.HoldOnFailure))},
			},
		},
	}
}

// rolloutTypes are the types of the attributes of rollout.
func rolloutTypes() map[string]attr.Type {
	object, _ := rolloutAttribute().GetType().(types.ObjectType)
	return object.AttrTypes
}

func checkAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"url": schema.StringAttribute{
			Required:            true,
			MarkdownDescription: "URL to `GET`, such as `https://www.example.com/healthz`.",
			Validators:          []validator.String{framework.TextRule(invalidRollout, "must be a URL", probe.CheckURL)},
		},
		"expect_status": schema.ListAttribute{
			Optional:            true,
			ElementType:         types.NumberType,
			MarkdownDescription: "HTTP statuses that pass. Defaults to `[200]`.",
			Validators: []validator.List{
				listvalidator.SizeAtLeast(1), listvalidator.NoNullValues(), listvalidator.ValueNumbersAre(framework.WholeNumber(100, 599)),
			},
		},
		"expect_body": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: fmt.Sprintf("Text that the first %d KiB of the body must contain.", probe.MaxBody>>10),
			Validators:          framework.NotEmpty(),
		},
		attributeHeaders: schema.MapAttribute{
			Optional:            true,
			ElementType:         types.StringType,
			MarkdownDescription: "Headers to send. They are stored in the state, so they must not hold secrets.",
			Validators:          []validator.Map{mapvalidator.NoNullValues(), headersValidator{"must be HTTP headers"}},
		},
		"interval": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "Time from the start of one attempt to the start of the next. Defaults to `10s`.",
			Validators:          []validator.String{atLeast(minCheckTime)},
		},
		"timeout": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "How long an attempt may take before it counts as failed. Defaults to `5s`.",
			Validators:          []validator.String{atLeast(minCheckTime)},
		},
		"max_failures": schema.NumberAttribute{
			Optional: true,
			MarkdownDescription: "Number of failures in a row that fails the rollout. Defaults to `1`. At a small share most attempts reach the stable version, " +
				"so failures in a row are rare: set more than 1 only for a check that judges only the candidate, such as a query of your monitoring.",
			Validators: []validator.Number{framework.WholeNumber(1, 1000)},
		},
		attributeConnectTo: schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "Address to connect to instead of the one in `url`, with the same Host header and TLS server name: an IP address or a host name, with or without a port. " +
				"For example an address of `data.esa_routine_staging`. Such a check does not use a proxy; other checks use `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`.",
			Validators: []validator.String{framework.TextRule(invalidRollout, "must be an address", probe.CheckConnectTo)},
		},
	}
}

// configuredRollout is the converted attribute rollout. Each check of the plan has the timing of the probe with the same index.
type configuredRollout struct {
	plan   rollout.Plan
	probes []probe.Check
}

// rolloutValue is the attribute rollout without unknown values.
type rolloutValue struct {
	Steps []struct {
		Percentage int    `tfsdk:"percentage"`
		BakeTime   string `tfsdk:"bake_time"`
	} `tfsdk:"steps"`
	BakeTime  *string      `tfsdk:"bake_time"`
	Checks    []checkValue `tfsdk:"checks"`
	OnFailure *string      `tfsdk:"on_failure"`
}

type checkValue struct {
	URL          string            `tfsdk:"url"`
	ExpectStatus []int             `tfsdk:"expect_status"`
	ExpectBody   *string           `tfsdk:"expect_body"`
	Headers      map[string]string `tfsdk:"headers"`
	Interval     *string           `tfsdk:"interval"`
	Timeout      *string           `tfsdk:"timeout"`
	MaxFailures  *int              `tfsdk:"max_failures"`
	ConnectTo    *string           `tfsdk:"connect_to"`
}

// newConfiguredRollout converts the attribute rollout. It returns nil if the attribute is null or has unknown values.
func newConfiguredRollout(ctx context.Context, attribute types.Object) (*configuredRollout, diag.Diagnostics) {
	var diags diag.Diagnostics
	if whole, err := attribute.ToTerraformValue(ctx); err != nil || whole.IsNull() || !whole.IsFullyKnown() {
		return nil, diags
	}
	var value rolloutValue
	diags.Append(attribute.As(ctx, &value, basetypes.ObjectAsOptions{})...)
	if diags.HasError() {
		return nil, diags
	}
	configured := &configuredRollout{plan: rollout.Plan{
		BakeTime:  duration(value.BakeTime, 0),
		OnFailure: rollout.OnFailure(or(value.OnFailure, string(rollout.RollBackOnFailure))),
	}}
	for _, step := range value.Steps {
		configured.plan.Steps = append(configured.plan.Steps, rollout.Step{Percentage: step.Percentage, BakeTime: duration(&step.BakeTime, 0)})
	}
	for _, check := range value.Checks {
		timing := rollout.Check{
			Interval:    duration(check.Interval, defaultCheckInterval),
			Timeout:     duration(check.Timeout, defaultCheckTimeout),
			MaxFailures: or(check.MaxFailures, defaultMaxFailures),
		}
		asked := probe.Check{
			URL: check.URL, ExpectStatus: check.ExpectStatus, ExpectBody: or(check.ExpectBody, ""), Headers: check.Headers,
			Timeout: timing.Timeout, ConnectTo: or(check.ConnectTo, ""),
		}
		if check.ExpectStatus == nil {
			asked.ExpectStatus = []int{defaultStatus}
		}
		configured.plan.Checks = append(configured.plan.Checks, timing)
		configured.probes = append(configured.probes, asked)
	}
	return configured, diags
}

// or is a value, or what counts where there is none.
func or[T any](value *T, otherwise T) T {
	if value == nil {
		return otherwise
	}
	return *value
}

// duration parses a duration that a validator has accepted.
func duration(text *string, otherwise time.Duration) time.Duration {
	if text == nil {
		return otherwise
	}
	parsed, err := time.ParseDuration(*text)
	if err != nil {
		return otherwise
	}
	return parsed
}

// itinerary returns the itinerary from the current split to the goal, with its problems on their attributes. setting is the
// attribute that limits its time, and limit the value.
func (c configuredRollout) itinerary(live, goal split.Split, created map[string]time.Time, setting string, limit time.Duration) (rollout.Itinerary, diag.Diagnostics) {
	itinerary, err := rollout.New(c.plan, live, goal, created)
	if problems, ok := errors.AsType[rollout.Problems](err); ok {
		return itinerary, rolloutProblems(problems, nil)
	}
	return itinerary, checkTimeLimit(itinerary.MinimumDuration(), setting, limit)
}

// rolloutProblems returns problems on their steps. places are the indexes of the steps that were checked, nil for all.
func rolloutProblems(problems rollout.Problems, places []int) (diags diag.Diagnostics) {
	for _, problem := range problems {
		at := path.Root(attributeRollout)
		if index := problem.Step; index != rollout.WholeRollout {
			if places != nil {
				index = places[index]
			}
			at = at.AtName(attributeSteps).AtListIndex(index)
		}
		diags.AddAttributeError(at, invalidRollout, fmt.Sprintf("%s: %s.", at, problem.Message))
	}
	return diags
}

// checkTimeLimit refuses a rollout whose bake times exceed the time limit.
func checkTimeLimit(needed time.Duration, setting string, limit time.Duration) (diags diag.Diagnostics) {
	if needed == 0 || needed < limit {
		return diags
	}
	diags.AddAttributeError(path.Root(attributeRollout), "Rollout does not fit into the time limit", fmt.Sprintf(
		"The bake times of the rollout sum to %s, and %s is %s.\n\nSet %s to more than that, with time for the deployments and the last checks.",
		rollout.FormatDuration(needed), setting, rollout.FormatDuration(limit), setting))
	return diags
}

// wholePercentage returns a percentage that is known and whole.
func wholePercentage(value *big.Float) (percentage int, ok bool) {
	if value == nil || !value.IsInt() {
		return 0, false
	}
	whole, accuracy := value.Int64()
	return int(whole), accuracy == big.Exact
}
