// Package site is data.esa_site, a site of the account, and data.esa_routine_staging, the addresses of the staging environments.
package site

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/apierror"
	"terraform-provider-esa/internal/provider/framework"
	"terraform-provider-esa/internal/provider/run"
)

type siteModel struct {
	Name        types.String   `tfsdk:"name"`
	ID          types.String   `tfsdk:"id"`
	Status      types.String   `tfsdk:"status"`
	AccessType  types.String   `tfsdk:"access_type"`
	NameServers []string       `tfsdk:"name_servers"`
	Timeouts    timeouts.Value `tfsdk:"timeouts"`
}

// NewDataSource returns the data source esa_site.
func NewDataSource() datasource.DataSource {
	return framework.NewDataSource("_site", schema.Schema{
		MarkdownDescription: "A site of the account by its exact name: its number, which routes and related records refer to. If several sites have the name, the one that is active is taken.",
		Attributes: map[string]schema.Attribute{
			"name":        schema.StringAttribute{Required: true, MarkdownDescription: "Domain of the site, such as `example.com`.", Validators: framework.NotEmpty()},
			"id":          schema.StringAttribute{Computed: true, MarkdownDescription: "Number of the site; a string, because tools that read JSON numbers as floats would round it."},
			"status":      schema.StringAttribute{Computed: true, MarkdownDescription: "`pending`, `active`, `offline` or `moved`. Routes and related records need an active site."},
			"access_type": schema.StringAttribute{Computed: true, MarkdownDescription: "How the DNS of the site leads to ESA: `NS` or `CNAME`."},
			"name_servers": schema.ListAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "Name servers that the domain must be delegated to, if `access_type` is `NS`.",
			},
		},
	}, readSite)
}

// readSite reads the data source.
func readSite(ctx context.Context, client *esa.Client, _ *run.Record, model *siteModel) (diags diag.Diagnostics) {
	sites, err := client.SitesNamed(ctx, model.Name.ValueString())
	switch {
	case err != nil:
		return diag.Diagnostics{apierror.Diagnostic("Cannot read the site", err)}
	case len(sites) == 0:
		diags.AddAttributeError(path.Root("name"), "Site not found", fmt.Sprintf(
			"The account has no site named %q.\n\nWhat to do: check the name, and that the provider uses the account and the region of the site. A site is the whole domain, such as example.com, and not a host name of it.", model.Name.ValueString()))
		return diags
	}
	site, ok := preferred(sites)
	if !ok {
		diags.AddAttributeError(path.Root("name"), "Several sites with this name", several(model.Name.ValueString(), sites))
		return diags
	}
	model.ID = types.StringValue(site.SiteID)
	model.Status = types.StringValue(site.Status)
	model.AccessType = types.StringValue(site.AccessType)
	model.NameServers = append([]string{}, site.NameServers...)
	return diags
}

// preferred returns the site with a name: the only one, or the only active one. A site that has moved stays in the list.
func preferred(sites []esa.Site) (site esa.Site, ok bool) {
	if len(sites) == 1 {
		return sites[0], true
	}
	for _, candidate := range sites {
		if candidate.Status != esa.SiteActive {
			continue
		}
		if ok {
			return esa.Site{}, false
		}
		site, ok = candidate, true
	}
	return site, ok
}

// several is the error of several sites with one name.
func several(name string, sites []esa.Site) string {
	var lines strings.Builder
	for _, site := range sites {
		fmt.Fprintf(&lines, "  %s: %s, %s\n", site.SiteID, site.Status, site.AccessType)
	}
	return fmt.Sprintf("The account has %d sites named %q, and not exactly one of them is active:\n\n%s\n"+
		"What to do: use the id of the intended site instead of this data source.", len(sites), name, &lines)
}

type stagingModel struct {
	IPV4Addresses []string       `tfsdk:"ipv4_addresses"`
	Timeouts      timeouts.Value `tfsdk:"timeouts"`
}

// NewStagingDataSource returns the data source esa_routine_staging.
func NewStagingDataSource() datasource.DataSource {
	return framework.NewDataSource("_routine_staging", schema.Schema{
		MarkdownDescription: "Where the staging environments of edge routines answer: a request for a host name of a routine is served by staging if it is sent to one of these addresses, " +
			"as `curl --connect-to` does.",
		Attributes: map[string]schema.Attribute{
			"ipv4_addresses": schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "IPv4 addresses of the staging environment."},
		},
	}, readStaging)
}

// readStaging reads the data source.
func readStaging(ctx context.Context, client *esa.Client, _ *run.Record, model *stagingModel) (diags diag.Diagnostics) {
	addresses, err := client.GetRoutineStagingEnvIP(ctx)
	if err != nil {
		return diag.Diagnostics{apierror.Diagnostic("Cannot read the addresses of staging", err)}
	}
	model.IPV4Addresses = addresses
	return diags
}
