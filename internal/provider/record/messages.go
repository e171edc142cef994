package record

import (
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/apierror"
	"terraform-provider-esa/internal/provider/framework"
)

// failure is the error of a call about the record.
func (m resourceModel) failure(verb string, err error) diag.Diagnostic {
	summary := "Cannot " + verb + " the related record"
	exists, isThere := errors.AsType[*existsError](err)
	switch {
	case isThere:
		return m.exists(exists)
	case esa.IsRoutineMissing(err):
		return apierror.AttributeDiagnostic(path.Root("name"), summary, err)
	case esa.IsSiteMissing(err):
		return apierror.AttributeDiagnostic(path.Root("site_id"), summary, err)
	case verb == "create" && esa.HasCode(err, "DependedByOthers"):
		return apierror.AttributeDiagnostic(path.Root("record_name"), summary, err,
			"The site may have a DNS record of this host name already. Delete that DNS record first, or keep it and send the requests to the routine with an esa_routine_route.")
	default:
		return apierror.Diagnostic(summary, err)
	}
}

// exists is the error of a create for a host name that is already bound. It shows how to import the record.
func (m resourceModel) exists(exists *existsError) diag.Diagnostic {
	name, host := m.Name.ValueString(), m.RecordName.ValueString()
	if exists.recordID == "" {
		return diag.NewAttributeErrorDiagnostic(path.Root("record_name"), "Host name is bound to another routine", fmt.Sprintf(
			"The host name %q of site %s is bound to a routine other than %q, which would lose its requests. Nothing was changed.\n\n"+
				"What to do: delete the related record of the other routine first. If this configuration deletes it, run terraform apply again.",
			host, m.SiteID.ValueString(), name))
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("record_name"), "Related record already exists", fmt.Sprintf(
		"The host name %q is already bound to routine %q.\n\n"+
			"To manage that record, import it:\n\n"+
			"  import {\n    to = <this resource's address>\n    id = %q\n  }\n\n"+
			"If another resource of this configuration managed it until now, add a moved block from that address instead. "+framework.UntaintHint,
		host, name, framework.ID(name, exists.recordID)))
}

// notSeen says that ESA has accepted a record which it then did not show. err is nil if nothing went wrong but that.
func (m resourceModel) notSeen(saved bool, err error) diag.Diagnostic {
	why := "A site with CNAME access may not support related records. Use an esa_routine_route and a proxied DNS record there."
	if err != nil {
		why = apierror.Cause(err)
	}
	next := "run terraform plan again. If it plans to create the record again, check the site in the ESA console."
	if saved {
		next = "run terraform untaint on it, then run terraform plan, which reads the record again. The state holds the record, and Terraform marks this resource as tainted."
	}
	return diag.NewErrorDiagnostic("Related record not found after creation", fmt.Sprintf(
		"ESA accepted the related record of %q, but does not show it among the records of the routine %q.\n\n%s\n\nWhat to do: %s",
		m.RecordName.ValueString(), m.Name.ValueString(), why, next))
}

// downInBetween warns of a replacement that interrupts the host name.
func (m resourceModel) downInBetween() diag.Diagnostic {
	return diag.NewWarningDiagnostic("Host name is unavailable during the replacement", fmt.Sprintf(
		"This plan replaces the related record of %q. Terraform deletes it before it creates the new one. In between, no routine serves the host name.\n\n"+
			"To move the host name without an interruption, send its requests to the new routine with an esa_routine_route first.", m.RecordName.ValueString()))
}

// leftBehind warns of a replacement by another host name.
func (m resourceModel) leftBehind() diag.Diagnostic {
	return diag.NewWarningDiagnostic("Host name will be removed", fmt.Sprintf(
		"This plan replaces the related record of %q with one for another host name. Routine %q stops serving %[1]q before it serves the new one.\n\n"+
			"To serve both during the change, add a second esa_routine_related_record first, and remove this one later.", m.RecordName.ValueString(), m.Name.ValueString()))
}
