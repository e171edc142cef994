// Package codeversion is esa_routine_code_version: one immutable version of a routine's code, published from local files. The
// data source esa_routine_code_versions lists versions.
package codeversion

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/resourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/framework"
)

// defaultCreateTimeout is the default time limit for creating, which includes an upload and a build.
const defaultCreateTimeout = 10 * time.Minute

var (
	_ framework.ManagedResource             = (*codeVersionResource)(nil)
	_ resource.ResourceWithConfigValidators = (*codeVersionResource)(nil)
	_ resource.ResourceWithModifyPlan       = (*codeVersionResource)(nil)
)

// identity identifies a code version in ids and imports.
var identity = framework.Identity{
	Rule:       "the name of a routine and the number of one of its code versions, such as \"hello:1723599747213377175\"",
	Attributes: []framework.IdentityAttribute{framework.IdentityName, {Name: attributeCodeVersion, Description: "Number of the code version.", IsValid: framework.IsNumber}},
}

// NewResource returns the resource esa_routine_code_version.
func NewResource() resource.Resource {
	return &codeVersionResource{framework.NewResource("_routine_code_version", identity)}
}

type codeVersionResource struct {
	framework.Resource
}

// Schema implements resource.Resource.
func (r *codeVersionResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "One version of an edge routine's code, published from files: a function, static files, or both. " +
			"A version never changes: a change of the content publishes a new version, and `terraform plan` shows that as a replacement. " +
			"Publishing releases nothing; which versions an environment serves is up to `esa_routine_code_deployment`.",
		Attributes: map[string]schema.Attribute{
			"name": framework.RoutineName(),
			attributeEntry: schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Path of the function: one bundled JavaScript file, read when planning and again when applying. Its content is not stored in the state. " +
					"Another path with the same content is the same version. Conflicts with `code`.",
				Validators: framework.NotEmpty(),
			},
			attributeCode: schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The function as text, for a small one; the text is stored in the state. Conflicts with `entry`.",
				Validators:          framework.NotEmpty(),
			},
			attributeAssetsDirectory: schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Path of a directory of static files, published with all directories below it. Hidden files are included, such as `.well-known`; " +
					"`.git`, `.hg`, `.svn`, `.DS_Store`, `Thumbs.db` and `desktop.ini` are left out wherever they are, and so are empty directories. " +
					"Symbolic links are followed where they are relative and lead to something inside the directory; others are an error.",
				Validators: framework.NotEmpty(),
			},
			"not_found_strategy": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "What the static files answer to a path that none of them has: `SinglePageApplication` answers `index.html`, `404Page` answers `404.html` with status 404. " +
					"With either, a browser's navigation does not reach the function. Changing this forces a new resource to be created.",
				Validators:    []validator.String{stringvalidator.OneOf(esa.NotFoundStrategies()...)},
				PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			attributeDescription: schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "What this version is, such as a Git commit. Changing this forces a new resource to be created.",
				Validators:          framework.NotEmpty(),
			},
			attributeDeployEnv: schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Environment whose variables this version carries: `staging` or `production`. ESA copies the variables into the version when it is published, " +
					"and a later change of them does not reach it. Without it the version has no variables. Changing this forces a new resource to be created.",
				Validators: []validator.String{stringvalidator.OneOf(esa.Environments()...)},
			},
			"retain": schema.Int64Attribute{
				Optional: true,
				MarkdownDescription: "How many versions that this resource has published are kept, the current one included. With it, a version stays in ESA when this resource is destroyed or replaced, for a rollback, " +
					"and before each publication the oldest versions of this resource are deleted, unless an environment serves them. Versions of other resources, or published before `retain` was set, are never deleted. Conflicts with `skip_destroy`.",
				Validators: []validator.Int64{int64validator.AtLeast(1), int64validator.ConflictsWith(path.MatchRoot("skip_destroy"))},
			},
			"lineage": schema.StringAttribute{
				Optional: true,
				Computed: true,
				MarkdownDescription: "Mark of the versions that `retain` counts. By default it is generated, and passed on when the resource is replaced. " +
					"Set it to a text that no other resource uses for this routine if the resource has `create_before_destroy`: the new version is then published before the provider reads the mark of the old one.",
				Validators: []validator.String{stringvalidator.LengthBetween(1, 64)},
			},
			"skip_destroy": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether the version stays in ESA when Terraform destroys or replaces this resource. It takes effect once it was applied. " +
					"Without it the version is deleted, which frees ESA's quota, and is refused while an environment serves it. Defaults to `false`.",
			},
			"id":                 schema.StringAttribute{Computed: true, MarkdownDescription: "Routine and code version, as in `hello:1723599747213377175`."},
			attributeCodeVersion: schema.StringAttribute{Computed: true, MarkdownDescription: "Number of the version, for `code_versions` of `esa_routine_code_deployment`. It is a string, because tools that read JSON numbers as floats would round it."},
			attributeContentHash: schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "Hash over the names and contents of all files of the version; it is known when planning. Null after an import, since ESA does not tell it: " +
					"the next apply takes what is configured for what the imported version holds.",
			},
			"status":      schema.StringAttribute{Computed: true, MarkdownDescription: "How far the build is: `available` can be deployed, `init` is still being built, anything else has failed."},
			"create_time": schema.StringAttribute{Computed: true, MarkdownDescription: "When the version was created, in the format of the ESA API."},
			"timeouts": framework.Timeouts(ctx, timeouts.Opts{
				Create: true, Read: true, Delete: true,
				CreateDescription: "Time limit for creating, including the upload, the build and retries, such as `90s` or `20m`. Defaults to `10m`.",
			}, ""),
		},
	}
}

// ConfigValidators implements resource.ResourceWithConfigValidators. They read no files, which may not be built yet.
func (r *codeVersionResource) ConfigValidators(context.Context) []resource.ConfigValidator {
	entry, code := path.MatchRoot(attributeEntry), path.MatchRoot(attributeCode)
	return []resource.ConfigValidator{
		resourcevalidator.AtLeastOneOf(entry, code, path.MatchRoot(attributeAssetsDirectory)),
		resourcevalidator.Conflicting(entry, code),
	}
}

// ModifyPlan implements resource.ResourceWithModifyPlan. It reads the files, so that the plan shows whether their content
// publishes a new version.
func (r *codeVersionResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var plan, state *resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if plan == nil {
		resp.Diagnostics.Append(r.warnOfServing(ctx, *state, state.stillServed)...)
		return
	}
	hash, files, diags := plan.hashContent(ctx)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	replaced, diags := plan.planComputed(hash, state)
	resp.Diagnostics.Append(diags...)
	resp.RequiresReplace.Append(replaced...)
	if state == nil {
		if !plan.Retain.IsNull() {
			files.Retained = plan.successorKey(plan.ContentHash.ValueString())
		}
		resp.Diagnostics.Append(framework.Remember(ctx, resp.Private, keyFiles, files)...)
	}
	var lineage types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("lineage"), &lineage)...)
	isReplaced := state != nil && plan.CodeVersion.IsUnknown()
	plan.planLineage(lineage, state, isReplaced)
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
	if !plan.CodeVersion.IsUnknown() {
		r.Run().Bound.Set(esa.Target{Routine: plan.Name.ValueString(), CodeVersion: plan.CodeVersion.ValueString()}, plan.DeployEnv.ValueString())
	}
	if isReplaced && plan.Retain.IsNull() {
		resp.Diagnostics.Append(r.warnOfServing(ctx, *state, state.replacedWhileServed)...)
	}
}

// Create implements resource.Resource.
func (r *codeVersionResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	client, ctx, end := r.Begin(ctx, &resp.Diagnostics, framework.TimeoutCreate, func(ctx context.Context, _ time.Duration) (time.Duration, diag.Diagnostics) {
		return plan.Timeouts.Create(ctx, defaultCreateTimeout)
	})
	defer end()
	if client == nil {
		return
	}
	archive, diags := plan.pack(ctx)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	published := publication{client: client, input: plan.input(), archive: archive}
	published.lineage = r.lineageOf(plan)
	plan.Lineage = framework.Text(published.lineage)
	if !plan.Retain.IsNull() {
		published.prune(ctx, int(plan.Retain.ValueInt64()))
	}
	version, failure := published.run(ctx)
	if failure != nil {
		resp.Diagnostics.Append(plan.notPublished(failure))
		if failure.reserved == nil || failure.cleanup == nil {
			return
		}
		version = failure.reserved
	}
	// A version that could not be cleaned up stays in the state, tainted by the failed create. The next apply deletes it.
	plan.CodeVersion = framework.Text(version.CodeVersion)
	plan.fromAPI(version)
	r.Run().Bound.Set(esa.Target{Routine: plan.Name.ValueString(), CodeVersion: version.CodeVersion}, plan.DeployEnv.ValueString())
	resp.Diagnostics.Append(r.Save(ctx, plan, &resp.State, resp.Identity)...)
}

// Read implements resource.Resource.
func (r *codeVersionResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state resourceModel
	client, ctx, end := r.BeginRead(ctx, req, resp, &state)
	defer end()
	if client == nil {
		return
	}
	version, err := esa.Confirmed(ctx, client, esa.ReadsAtConflict, 0, func(ctx context.Context, _ time.Duration) (*esa.CodeVersion, error) {
		return client.FindCodeVersion(ctx, state.Name.ValueString(), state.CodeVersion.ValueString(), 0)
	}, nil)
	switch {
	case err != nil:
		resp.Diagnostics.Append(state.failure("read", err))
	case version == nil:
		resp.State.RemoveResource(ctx)
	default:
		if state.Status.IsNull() {
			version = withDeployEnv(ctx, client, state.Name.ValueString(), version)
		}
		state.fromAPI(version)
		r.Run().Bound.Set(esa.Target{Routine: state.Name.ValueString(), CodeVersion: version.CodeVersion}, state.DeployEnv.ValueString())
		resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	}
}

// withDeployEnv adds the environment of the variables to an imported version. Only the list of versions has it. If the list
// cannot be read, the value stays empty.
func withDeployEnv(ctx context.Context, client *esa.Client, routine string, version *esa.CodeVersion) *esa.CodeVersion {
	found := *version
	if list, err := client.ListRoutineCodeVersions(ctx, routine); err == nil {
		listed, _ := list.Find(func(listed esa.CodeVersion) bool { return listed.CodeVersion == version.CodeVersion })
		if listed != nil {
			found.DeployEnv = listed.DeployEnv
		}
	}
	return &found
}

// Update implements resource.Resource. It only changes the state: a change of the version is a replacement.
func (r *codeVersionResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(r.Save(ctx, plan, &resp.State, resp.Identity)...)
}

// Delete implements resource.Resource.
func (r *codeVersionResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	successor, diags := framework.Recall[plannedFiles](ctx, req.Private, keyFiles)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	// Otherwise Terraform would delete this version and then fail to create the planned one.
	if err := successor.check(ctx); err != nil {
		resp.Diagnostics.Append(state.successorChanged(err))
		return
	}
	if successor.Retained != "" {
		r.Run().Lineages.Set(successor.Retained, state.Lineage.ValueString())
	}
	if state.stays() || successor.Retained != "" {
		return
	}
	client, ctx, end := r.Begin(ctx, &resp.Diagnostics, framework.TimeoutDelete, state.Timeouts.Delete)
	defer end()
	if client == nil {
		return
	}
	removed := removal{client: client, routine: state.Name.ValueString(), codeVersion: state.CodeVersion.ValueString(), record: r.Run()}
	err := removed.run(ctx)
	if served, ok := errors.AsType[*servedError](err); ok && served.left {
		resp.Diagnostics.Append(state.staysInESA(served.deployments))
	} else if err != nil {
		resp.Diagnostics.Append(state.notDeleted(err))
	}
}
