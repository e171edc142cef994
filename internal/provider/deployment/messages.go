package deployment

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/apierror"
	"terraform-provider-esa/internal/provider/observed"
	"terraform-provider-esa/internal/split"
)

// place says which environment a message is about.
func (m resourceModel) place() string {
	return fmt.Sprintf("routine %q, environment %q", m.Name.ValueString(), m.Env.ValueString())
}

// takeover compares what is live with what is planned, for the error and the warning on a create over a live split.
func (m resourceModel) takeover(live *esa.Deployment, planned split.Split) string {
	return fmt.Sprintf("  live:    %s\n  planned: %s\n\n%d%% of the traffic would be served by another code version.",
		describe(live), planned, split.Moved(observed.Split(live), planned))
}

// occupied refuses a create over an environment that already serves another split, and shows the ways in.
func (m resourceModel) occupied(live *esa.Deployment, planned split.Split) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Environment already serves another split", fmt.Sprintf(
		"This would be the first release by this resource, but %s already serves another split:\n\n%s\n\n"+
			"To manage what is live, import it; the next plan then shows the change as an update:\n\n"+
			"  import {\n    to = esa_routine_code_deployment.<label>\n    id = %q\n  }\n\n"+
			"To let the planned split replace the live one at once, set allow_overwrite = true.\n\n"+
			"If Terraform manages this environment already, it is only being replaced, which a change of the split does not need: "+
			"where the resource is tainted, because an earlier apply was interrupted, run terraform untaint on it instead; "+
			"leave out -replace and replace_triggered_by.",
		m.place(), m.takeover(live, planned), m.resourceID()))
}

// unanswered says what may have happened although nobody has answered.
func (m resourceModel) unanswered(planned split.Split) string {
	return fmt.Sprintf("An attempt to deploy %s had no answer, so that it may have taken effect, or take effect yet. "+
		"The next plan shows what is live; if that is the planned split, nothing is deployed a second time.", planned)
}

// mayBeOccupied warns of a create over a live split as long as it is not known what would replace it, or whether it may.
func (m resourceModel) mayBeOccupied(live *esa.Deployment) diag.Diagnostic {
	words := "What this release would serve in its place is known only after apply. If that is another split, the apply stops there; what it has made until then stays."
	switch {
	case m.AllowOverwrite.ValueBool():
		words = "This release replaces it because allow_overwrite is set; by which split is known only after apply."
	case m.AllowOverwrite.IsUnknown():
		words = "Whether allow_overwrite lets this release replace it is known only after apply. If it does not, and the split is another one, the apply stops there; what it has made until then stays."
	}
	if !m.AllowOverwrite.ValueBool() {
		words += fmt.Sprintf(" To manage what is live, import it first, by the id %q; to let the release replace it, set allow_overwrite = true.", m.resourceID())
	}
	return diag.NewWarningDiagnostic("Environment already serves a split", fmt.Sprintf("The %s already serves %s.\n\n%s", m.place(), describe(live), words))
}

// overwriting warns in place of occupied where allow_overwrite is set.
func (m resourceModel) overwriting(live *esa.Deployment, planned split.Split) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("allow_overwrite"), "Another split will be overwritten", fmt.Sprintf(
		"The %s already serves another split, which this release replaces because allow_overwrite is set:\n\n%s",
		m.place(), m.takeover(live, planned)))
}

// changed refuses an update of an environment that somebody else has changed since the plan.
func (m resourceModel) changed(change *changedError, planned split.Split, unanswered bool) diag.Diagnostic {
	done := "Nothing was deployed."
	if unanswered {
		done = "An attempt to deploy the planned split had no answer; if it took effect, it has been replaced since."
	}
	return diag.NewErrorDiagnostic("Environment changed since it was planned", fmt.Sprintf(
		"Somebody else has deployed to %s after Terraform last read it. %s\n\n"+
			"  when planned: %s\n  planned:      %s\n  live now:     %s\n\n"+
			"What to do: run terraform plan again. It shows the change from what is live now; apply that if it is still wanted.",
		m.place(), done, describe(change.before), planned, describe(change.live)))
}

// mayStay warns of a replacement that is planned only because the name or the environment is not known yet.
func (m resourceModel) mayStay() diag.Diagnostic {
	return diag.NewWarningDiagnostic("Environment may turn out to be the same", fmt.Sprintf(
		"The name or the environment is known only after apply, so Terraform plans a replacement and will forget the deployment of %s, which goes on serving. "+
			"If they turn out to be the same and the split is another, the apply stops after that, and the environment has to be imported again. "+
			"To be safe, give name and env values that are known while planning, or apply what they depend on first.", m.place()))
}

// goesOnServing warns that forgetting a deployment withdraws nothing.
func (m resourceModel) goesOnServing(what string) diag.Diagnostic {
	served, known := m.split()
	words := "its current split"
	if known {
		words = served.String()
	}
	return diag.NewWarningDiagnostic("Environment goes on serving", fmt.Sprintf(
		"%s, but ESA has no operation that withdraws a deployment: %s goes on serving %s. "+
			"To change what it serves, deploy another split; to stop it, delete the routine.",
		what, m.place(), words))
}

// attributeAtFault is the attribute that ESA's error code speaks of, if it speaks of one.
func (m resourceModel) attributeAtFault(err error) (path.Path, bool) {
	switch {
	case esa.IsRoutineMissing(err):
		return path.Root("name"), true
	case esa.HasCode(err, "ParameterNotExist"):
		return path.Root("code_versions"), true
	default:
		return path.Empty(), false
	}
}

// notDeployed says why a release did not succeed.
func (m resourceModel) notDeployed(err error, planned split.Split, creates, unanswered bool) diag.Diagnostic {
	var (
		occupied *occupiedError
		changed  *changedError
		unseen   *notLiveError
		more     []string
	)
	switch {
	case errors.As(err, &occupied):
		return m.occupied(occupied.live, planned)
	case errors.As(err, &changed):
		return m.changed(changed, planned, unanswered)
	case errors.As(err, &unseen):
		return m.notLive(unseen, planned, creates)
	case unanswered:
		more = append(more, m.unanswered(planned))
	}
	if creates {
		return m.failure("create", err, more...)
	}
	return m.failure("update", err, more...)
}

// failure says why a call about this resource did not succeed, and what more there is to say.
func (m resourceModel) failure(verb string, err error, more ...string) diag.Diagnostic {
	summary := "Cannot " + verb + " the deployment"
	if attribute, ok := m.attributeAtFault(err); ok {
		return apierror.AttributeDiagnostic(attribute, summary, err, more...)
	}
	return apierror.Diagnostic(summary, err, more...)
}

// notLive says that a deployment was made which the environment was not seen to serve. A failed create leaves the
// resource tainted, an update does not.
func (m resourceModel) notLive(err *notLiveError, planned split.Split, tainted bool) diag.Diagnostic {
	paragraphs := []string{fmt.Sprintf(
		"ESA has answered deployment %s for %s, and it is saved in the state, but the environment was not seen to serve it:\n\n  planned:   %s\n  last seen: %s",
		err.deploymentID, m.place(), planned, describe(err.lastSeen))}
	_, superseded := errors.AsType[*supersededError](err)
	if superseded {
		paragraphs = append(paragraphs, "Somebody else has deployed meanwhile. What to do: agree with them, then run terraform plan, which shows what is live now.")
	} else {
		paragraphs = append(paragraphs, apierror.Detail(err.cause))
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			paragraphs = append(paragraphs, "What to do: run terraform plan again. It reads what is live; if that is the planned split by then, nothing is deployed a second time.")
		}
	}
	switch {
	case tainted && superseded:
		paragraphs = append(paragraphs, "Terraform marks this resource as tainted. Before that plan, run terraform untaint on it, so that the change is an update and no replacement.")
	case tainted:
		paragraphs = append(paragraphs, "Terraform marks this resource as tainted. The next apply adopts the deployment and makes no second one; "+
			"where prevent_destroy stands against that, run terraform untaint on the resource.")
	}
	return diag.NewErrorDiagnostic("Deployment not seen live", strings.Join(paragraphs, "\n\n"))
}
