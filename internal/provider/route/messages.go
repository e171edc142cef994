package route

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/apierror"
	"terraform-provider-esa/internal/provider/framework"
)

// failure is the error of a call about the route.
func (m resourceModel) failure(verb string, err error) diag.Diagnostic {
	summary := "Cannot " + verb + " the route"
	exists, isThere := errors.AsType[*existsError](err)
	changed, isChanged := errors.AsType[*changedError](err)
	switch {
	case isThere:
		return diag.NewErrorDiagnostic("Route already exists", fmt.Sprintf(
			"Site %s already has the route %q, which sends the same requests to the routine %q.\n\n"+
				"To manage that route, import it:\n\n"+
				"  import {\n    to = <this resource's address>\n    id = %q\n  }\n\n"+
				"If another resource of this configuration managed it until now, add a moved block from that address instead. To create a second route, choose another route_name. "+framework.UntaintHint,
			m.SiteID.ValueString(), m.RouteName.ValueString(), m.RoutineName.ValueString(), framework.ID(m.SiteID.ValueString(), exists.configID)))
	case isChanged && changed.seen == nil:
		return diag.NewErrorDiagnostic("Route changed since it was planned", fmt.Sprintf(
			"Route %s of site %s was deleted after Terraform last read it. Nothing was changed.\n\n"+
				"What to do: run terraform plan again. It plans to create the route.", m.ConfigID.ValueString(), m.SiteID.ValueString()))
	case isChanged:
		return diag.NewErrorDiagnostic("Route changed since it was planned", fmt.Sprintf(
			"Route %s of site %s was changed outside of Terraform after it was last read. It is now:\n\n%s\n\n"+
				"Nothing was changed.\n\nWhat to do: run terraform plan again. The new plan starts from the current route. Apply it if the change is still correct.",
			changed.seen.ConfigID, m.SiteID.ValueString(), described(changed.seen)))
	case esa.IsRoutineMissing(err):
		return apierror.AttributeDiagnostic(path.Root("routine_name"), summary, err)
	case esa.IsSiteMissing(err):
		return apierror.AttributeDiagnostic(path.Root("site_id"), summary, err)
	case esa.HasCode(err, "CompileRuleError", "RuleRegexQuotaCheckFailed"):
		return apierror.AttributeDiagnostic(path.Root("rule"), summary, err)
	default:
		return apierror.Diagnostic(summary, err)
	}
}

// described lists the attributes of a route, one on each line.
func described(route *esa.Route) string {
	lines := []string{
		fmt.Sprintf("  routine_name: %q", route.RoutineName), fmt.Sprintf("  route_name:   %q", route.RouteName),
		"  rule:         " + route.Rule, fmt.Sprintf("  enabled:      %t", route.Enabled),
	}
	for _, option := range []struct {
		name  string
		shown *bool
	}{{"bypass:       ", route.Bypass}, {"fallback:     ", route.Fallback}} {
		if option.shown != nil {
			lines = append(lines, fmt.Sprintf("  %s%t", option.name, *option.shown))
		}
	}
	if route.Timeout != 0 {
		lines = append(lines, fmt.Sprintf("  timeout:      %d", route.Timeout))
	}
	return strings.Join(lines, "\n")
}

// notSeen says that ESA has created a route which it then did not show. The failed create leaves the resource tainted. err is nil
// if ESA answered that there is none.
func (m resourceModel) notSeen(err error) diag.Diagnostic {
	why := "ESA returned no such route."
	if err != nil {
		why = apierror.Cause(err)
	}
	return diag.NewErrorDiagnostic("Route not found after creation", fmt.Sprintf(
		"ESA created route %s of site %s, and it is saved in the state, but reading it afterwards failed.\n\n%s\n\n"+
			"Terraform marks this resource as tainted. What to do: run terraform untaint on it, then run terraform plan, which reads the route again.",
		m.ConfigID.ValueString(), m.SiteID.ValueString(), why))
}

// checkShown warns where ESA shows another route than the one that it accepted. The planned values are saved, and the next plan
// shows the difference.
func checkShown(seen *esa.Route, goal esa.RouteInput) diag.Diagnostics {
	var diags diag.Diagnostics
	if !isIn(seen, goal.Sequence) {
		diags.AddAttributeWarning(path.Root("sequence"), "Route has another sequence", fmt.Sprintf(
			"ESA accepted sequence %d for route %q, but returns %d. "+
				"Other routes of the site may have moved it, or ESA leaves no gaps between the numbers. If this persists, the next plan shows a difference.",
			*goal.Sequence, goal.RouteName, *seen.Sequence))
	}
	if !shows(seen, goal) {
		diags.AddWarning("Route differs", fmt.Sprintf(
			"ESA accepted route %q, but returns:\n\n%s\n\nIf this persists, the next plan shows a difference.", goal.RouteName, described(seen)))
	}
	return diags
}
