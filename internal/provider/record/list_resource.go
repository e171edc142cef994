package record

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/framework"
)

type queryModel struct {
	Name types.String `tfsdk:"name"`
}

// NewListResource returns the list resource esa_routine_related_record, for terraform query.
func NewListResource() list.ListResource {
	return framework.NewListResource("_routine_related_record", identity, schema.Schema{
		MarkdownDescription: "Lists the related records of a routine.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Required: true, MarkdownDescription: "Name of the routine.", Validators: framework.NotEmpty(),
			},
		},
	}, framework.DefaultReadTimeout, listRecords)
}

// listRecords pushes the records of a routine.
func listRecords(ctx context.Context, client *esa.Client, query queryModel, listing *framework.Listing[resourceModel]) diag.Diagnostics {
	name := query.Name.ValueString()
	records, err := client.ListRoutineRelatedRecords(ctx, name, 0)
	if err != nil {
		return diag.Diagnostics{resourceModel{Name: query.Name}.failure("list", err)}
	}
	listing.Note(framework.Incomplete(*records, "related records", "")...)
	for _, record := range records.Known {
		listing.Push(name+"  "+record.RecordName, []string{name, record.RecordID}, func(model *resourceModel) {
			model.RecordName = types.StringValue(record.RecordName)
			model.fromAPI(&record)
		})
	}
	return nil
}
