package record

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/provider/framework"
)

var _ list.ListResourceWithConfigure = (*recordList)(nil)

// NewListResource returns the list resource esa_routine_related_record, for terraform query.
func NewListResource() list.ListResource {
	return &recordList{framework.NewListResource("_routine_related_record")}
}

type recordList struct {
	framework.Resource
}

type queryModel struct {
	Name types.String `tfsdk:"name"`
}

// ListResourceConfigSchema implements list.ListResource.
func (l *recordList) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the related records of a routine.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Required: true, MarkdownDescription: "Name of the routine.", Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
			},
		},
	}
}

// List implements list.ListResource.
func (l *recordList) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	framework.Stream(ctx, req, stream, func(listing *framework.Listing[resourceModel]) diag.Diagnostics {
		var query queryModel
		diags := req.Config.Get(ctx, &query)
		client, ctx, end := l.Begin(ctx, &diags, "", framework.NoTimeout, defaultReadTimeout)
		defer end()
		if client == nil {
			return diags
		}
		records, err := client.ListRoutineRelatedRecords(ctx, query.Name.ValueString())
		if err != nil {
			return diag.Diagnostics{resourceModel{Name: query.Name}.failure("list", err)}
		}
		for _, record := range records.Records {
			identity := identityModel{Name: query.Name, RecordID: types.StringValue(record.RecordID)}
			more := listing.Push(query.Name.ValueString()+"  "+record.RecordName, identity, func(model *resourceModel) diag.Diagnostics {
				model.Name, model.RecordName = query.Name, types.StringValue(record.RecordName)
				model.fromAPI(&record)
				return nil
			})
			if !more {
				break
			}
		}
		return nil
	})
}
