package record

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/framework"
)

type queryModel struct {
	Name types.String `tfsdk:"name"`
}

// NewListResource returns the list resource esa_routine_related_record, for terraform query.
func NewListResource() list.ListResource {
	return framework.NewListResource("_routine_related_record", schema.Schema{
		MarkdownDescription: "Lists the related records of a routine.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Required: true, MarkdownDescription: "Name of the routine.", Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
			},
		},
	}, framework.DefaultReadTimeout, listRecords)
}

// listRecords pushes the records of a routine.
func listRecords(ctx context.Context, client *esa.Client, query queryModel, listing *framework.Listing[resourceModel]) diag.Diagnostics {
	records, err := client.ListRoutineRelatedRecords(ctx, query.Name.ValueString())
	if err != nil {
		return diag.Diagnostics{resourceModel{Name: query.Name}.failure("list", err)}
	}
	listing.Note(framework.Incomplete(*records, "related records", "")...)
	for _, record := range records.Known {
		identity := identityModel{Name: query.Name, RecordID: types.StringValue(record.RecordID)}
		listing.Push(query.Name.ValueString()+"  "+record.RecordName, identity, func(model *resourceModel) diag.Diagnostics {
			model.Name, model.RecordName = query.Name, types.StringValue(record.RecordName)
			model.fromAPI(&record)
			return nil
		})
	}
	return nil
}
