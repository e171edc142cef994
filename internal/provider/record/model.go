package record

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/framework"
)

// resourceModel is the resource in plan, state and configuration.
type resourceModel struct {
	ID         types.String   `tfsdk:"id"`
	Name       types.String   `tfsdk:"name"`
	SiteID     types.String   `tfsdk:"site_id"`
	RecordName types.String   `tfsdk:"record_name"`
	RecordID   types.String   `tfsdk:"record_id"`
	Timeouts   timeouts.Value `tfsdk:"timeouts"`
}

func (m resourceModel) input() esa.RelatedRecordInput {
	return esa.RelatedRecordInput{Routine: m.Name.ValueString(), SiteID: m.SiteID.ValueString(), RecordName: m.RecordName.ValueString()}
}

// fromAPI fills the model with a record. A host name in another letter case is the same.
func (m *resourceModel) fromAPI(record *esa.RelatedRecord) {
	m.SiteID = types.StringValue(record.SiteID)
	if !strings.EqualFold(m.RecordName.ValueString(), record.RecordName) {
		m.RecordName = types.StringValue(record.RecordName)
	}
	m.identify(record.RecordID)
}

func (m *resourceModel) identify(recordID string) {
	m.RecordID = types.StringValue(recordID)
	m.ID = framework.IDOf(m.Name, m.RecordID)
}
