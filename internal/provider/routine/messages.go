package routine

import (
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/apierror"
	"terraform-provider-esa/internal/provider/framework"
)

// exists is the error of a create for a routine that already exists, in a plan or an apply. It shows how to import the routine.
// existing is nil if only ESA's refusal is known.
func (m resourceModel) exists(existing *esa.Routine) diag.Diagnostic {
	name, since := m.Name.ValueString(), ""
	if existing != nil && existing.CreateTime != "" {
		since = ", created at " + existing.CreateTime
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("name"), "Routine already exists", fmt.Sprintf(
		"The account already has a routine %q%s.\n\n"+
			"To manage it, import it. An import changes nothing in ESA:\n\n"+
			"  import {\n    to = <this resource's address>\n    id = %[1]q\n  }\n\n"+
			"To create another routine, choose another name. "+framework.UntaintHint,
		name, since))
}

// deletionStops warns that the deletion of a routine stops its deployments. It returns nothing if there are none.
func deletionStops(what string, routine *esa.Routine) diag.Diagnostics {
	serves := framework.Serving(routine.Deployments)
	if serves == "" {
		return nil
	}
	return diag.Diagnostics{diag.NewWarningDiagnostic("Routine still serves traffic", fmt.Sprintf(
		"%s the routine %q with its code versions. It still serves:\n\n%s\n\n"+
			"Deleting it stops that at once and cannot be undone. "+
			"To keep it running without Terraform, remove it from the state instead: with a removed block and lifecycle { destroy = false }, or with terraform state rm.",
		what, routine.Name, serves))}
}

// failure is the error of a call about this resource.
func (m resourceModel) failure(verb string, err error) diag.Diagnostic {
	return apierror.RoutineDiagnostic("Cannot "+verb+" the routine", err)
}

// notWritten is the error of a change or a deletion that was not made.
func (m resourceModel) notWritten(verb string, err error) diag.Diagnostic {
	changed, ok := errors.AsType[*changedError](err)
	if !ok {
		return m.failure(verb, err)
	}
	var what string
	done := "Nothing was changed."
	if changed.written {
		done = "The new routine got the planned description."
	}
	switch before, seen := changed.before, changed.seen; {
	case before.createTime == "" && before.isAnother(seen):
		what = fmt.Sprintf("was created at %s, and Terraform has not read it since, so it may be another routine of the same name.", seen.CreateTime)
	case before.isAnother(seen):
		what = fmt.Sprintf("was deleted and created again after Terraform last read it.\n\n  when planned: created at %s\n  now:          created at %s",
			before.createTime, seen.CreateTime)
	case verb == "delete":
		what = "serves a deployment that it did not serve when Terraform last read it:\n\n" + framework.Serving(seen.Deployments)
	default:
		what = fmt.Sprintf("has a different description than when Terraform last read it.\n\n  when planned: %q\n  planned:      %q\n  now:          %q",
			before.description, m.Description.ValueString(), seen.Description.Text())
	}
	return diag.NewErrorDiagnostic("Routine changed since it was planned", fmt.Sprintf(
		"Cannot %s the routine %q: it %s\n\n%s\n\nWhat to do: run terraform plan again, without -refresh=false. Apply the new plan if the change is still correct.",
		verb, m.Name.ValueString(), what, done))
}

// createFailure is the error of a create. After an unanswered attempt it says that the routine may exist.
func (m resourceModel) createFailure(err error, unanswered bool) diag.Diagnostic {
	failed := m.failure("create", err)
	if !unanswered {
		return failed
	}
	return diag.NewErrorDiagnostic(failed.Summary(), failed.Detail()+fmt.Sprintf(
		"\n\nThe answer to CreateRoutine was lost, so the routine %q may exist. "+
			"If the next plan says that it already exists, import it.", m.Name.ValueString()))
}

// notSeen is the error of a routine that ESA accepted and does not return. The failed create leaves the resource tainted.
func (m resourceModel) notSeen(err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Routine not found after creation", fmt.Sprintf(
		"ESA accepted routine %q, but does not return it yet. The state keeps it.\n\n%s\n\n"+
			"Terraform marks this resource as tainted. What to do: run terraform untaint on it, then run terraform plan, which reads the routine again.",
		m.Name.ValueString(), apierror.Cause(err)))
}

// checkDescription warns if ESA returns another description than it has just accepted.
func (m resourceModel) checkDescription(seen *esa.Routine) diag.Diagnostics {
	if seen.Description.Is(m.Description.ValueString()) {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("description"), "Description differs", fmt.Sprintf(
		"ESA accepted the description %q of routine %q, but returns %q. "+
			"If the next plan shows a difference, set the description to what ESA returns.",
		m.Description.ValueString(), m.Name.ValueString(), seen.Description.Text()))}
}

// routinesMissing warns if the list may be incomplete.
func routinesMissing(list *esa.RoutineList) diag.Diagnostics {
	return framework.Incomplete(list.List, "routines", "To list others, set keyword in the data source esa_routines.")
}
