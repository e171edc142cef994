package route

import (
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/apierror"
)

// failure says why a call about the route did not succeed.
func (m resourceModel) failure(verb string, err error) diag.Diagnostic {
	summary := "Cannot " + verb + " the route"
	var (
		exists  *existsError
		changed *changedError
	)
	switch {
	case errors.As(err, &exists):
		return diag.NewErrorDiagnostic("Route already exists", fmt.Sprintf(
			"Site %s already has the route %q, which sends the same requests to the routine %q.\n\nTo manage it, import it:\n\n"+
				"  import {\n    to = <this resource's address>\n    id = %q\n  }\n\nTo create another one, choose another route_name.",
			m.SiteID.ValueString(), m.RouteName.ValueString(), m.RoutineName.ValueString(), resourceID(m.SiteID.ValueString(), exists.configID)))
	case errors.As(err, &changed):
		seen := changed.seen
		return diag.NewErrorDiagnostic("Route changed since it was planned", fmt.Sprintf(
			"Somebody else has changed route %s of site %s after Terraform last read it. It is now:\n\n  route_name:   %q\n  routine_name: %q\n  rule:         %s\n  enabled:      %t\n\n"+
				"Nothing was changed.\n\nWhat to do: run terraform plan again. It shows the change from the route as it is now; apply that if it is still wanted.",
			seen.ConfigID, m.SiteID.ValueString(), seen.RouteName, seen.RoutineName, seen.Rule, seen.Enabled))
	case esa.IsRoutineMissing(err):
		return apierror.AttributeDiagnostic(path.Root("routine_name"), summary, err)
	case esa.IsSiteMissing(err):
		return apierror.AttributeDiagnostic(path.Root("site_id"), summary, err)
	default:
		return apierror.Diagnostic(summary, err)
	}
}
