package codeversion

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/apierror"
	"terraform-provider-esa/internal/provider/framework"
)

type queryModel struct {
	Name types.String `tfsdk:"name"`
}

// NewListResource returns the list resource esa_routine_code_version, for terraform query.
func NewListResource() list.ListResource {
	return framework.NewListResource("_routine_code_version", identity, schema.Schema{
		MarkdownDescription: "Lists the code versions of an edge routine, the newest first. " +
			"ESA does not return the code of a version, so a generated configuration needs `entry`, `code` or `assets_directory` before it can be applied.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{Required: true, MarkdownDescription: "Name of the routine.", Validators: framework.NotEmpty()},
		},
	}, framework.DefaultReadTimeout, listCodeVersions)
}

// listCodeVersions pushes the versions of a routine, the newest first.
func listCodeVersions(ctx context.Context, client *esa.Client, query queryModel, listing *framework.Listing[resourceModel]) diag.Diagnostics {
	name := query.Name.ValueString()
	versions, err := client.ListRoutineCodeVersions(ctx, name)
	if err != nil {
		return diag.Diagnostics{apierror.RoutineDiagnostic("Cannot list the code versions", err)}
	}
	listing.Note(versionsMissing(versions)...)
	for _, version := range newestFirst(versions.Known) {
		// For example: "1723599747213377175  available  2024-08-14T01:42:27Z  first release".
		displayName := strings.TrimSpace(strings.Join([]string{
			version.CodeVersion, string(version.Status), version.CreateTime, version.Description.Text(),
		}, "  "))
		listing.Push(displayName, []string{name, version.CodeVersion}, func(listed *resourceModel) {
			listed.fromAPI(&version)
		})
	}
	return nil
}
