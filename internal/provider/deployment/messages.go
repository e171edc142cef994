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
	"terraform-provider-esa/internal/provider/framework"
	"terraform-provider-esa/internal/provider/run"
	"terraform-provider-esa/internal/split"
)

// place formats the environment for a message.
func (m resourceModel) place() string {
	return framework.Environment(m.Name.ValueString(), m.Env.ValueString())
}

// capitalized starts a sentence with text.
func capitalized(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// takeover compares the current split with the planned one, for messages about a create in an environment that serves another split.
func (m resourceModel) takeover(live *esa.Deployment) string {
	if m.CodeVersions.IsUnknown() {
		return fmt.Sprintf("  current: %s\n  planned: (known after apply)", describe(live))
	}
	planned := entries(m.CodeVersions)
	moved, atMost := split.MovedTo(framework.Split(live), planned)
	return fmt.Sprintf("  current: %s\n  planned: %s\n\n%s of the traffic would move to another code version.", describe(live), planned, upTo(moved, atMost))
}

// upTo starts a sentence with a percentage.
func upTo(percentage int, atMost bool) string {
	if atMost {
		return fmt.Sprintf("Up to %d%%", percentage)
	}
	return fmt.Sprintf("%d%%", percentage)
}

// occupied is the error of a create in an environment that already serves another split. It shows how to proceed.
func (m resourceModel) occupied(live *esa.Deployment) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Environment already serves another split", fmt.Sprintf(
		"This would be the first release of this resource, but %s already serves another split:\n\n%s\n\n"+
			"To manage the current deployment, import it. The next plan then shows the change as an update:\n\n"+
			"  import {\n    to = <this resource's address>\n    id = %q\n  }\n\n"+
			"To replace the current split with the planned one, set allow_overwrite = true.\n\n"+
			"If Terraform already manages this environment, do not replace the resource: a change of the split is an update. "+
			"Remove -replace or replace_triggered_by. If the resource is tainted because an earlier apply was interrupted, run terraform untaint on it.",
		m.place(), m.takeover(live), m.resourceID()))
}

// adopting warns that a create adopts the current deployment, which already has the planned split.
func (m resourceModel) adopting(live *esa.Deployment) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Deployment of "+m.resourceID()+" will be adopted", fmt.Sprintf(
		"%s already serves the planned split:\n\n  %s\n\nThe apply adopts this deployment and does not deploy anything.", capitalized(m.place()), describe(live)))
}

// routineMissing warns of a create for a routine that does not exist and that this run has not planned to create.
func (m resourceModel) routineMissing() diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("name"), "Routine does not exist yet", fmt.Sprintf(
		"ESA has no routine %q in this account, so this plan did not check its %s environment and the code versions.\n\n"+
			"If this configuration creates the routine, set name to a reference to it, so that Terraform creates it first. Otherwise check the name. If the routine does not exist by then, the apply fails.",
		m.Name.ValueString(), m.Env.ValueString()))
}

// changedOutside warns that the plan moves traffic away from a split that someone else deployed. planned is nil if it is unknown.
func (m resourceModel) changedOutside(change run.Change, planned split.Entries) diag.Diagnostic {
	inWords, moves := "(known after apply)", "How much traffic this moves is known after apply."
	if planned != nil {
		moved, atMost := split.MovedTo(framework.Split(change.Live), planned)
		inWords, moves = planned.String(), upTo(moved, atMost)+" of the traffic would move to another code version."
	}
	happened := fmt.Sprintf("Someone else deployed to %s after the last apply.", m.place())
	if change.Unseen {
		happened += " It is also possible that the deployment in the state did not take effect: Terraform never saw it live."
	}
	text := fmt.Sprintf("%s This plan replaces that split:\n\n  in state: %s\n  current:  %s\n  planned:  %s\n\n%s\n\n",
		happened, describe(change.InState), describe(change.Live), inWords, moves)
	if m.OnOutsideChange.ValueString() == onOutsideChangeStop {
		return diag.NewAttributeErrorDiagnostic(path.Root("on_outside_change"), "Environment "+m.resourceID()+" was changed outside of Terraform", text+
			"on_outside_change is \"stop\", so nothing is planned. To keep the current split, set it in code_versions. To replace it, set on_outside_change = \"warn\" for this release.")
	}
	return diag.NewAttributeWarningDiagnostic(path.Root("code_versions"), "Environment "+m.resourceID()+" was changed outside of Terraform", text+
		"To keep the current split, set it in code_versions. To replace it, apply this plan.")
}

// plannedTwice is the error of two splits for one environment.
func (m resourceModel) plannedTwice(other, planned split.Entries) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("code_versions"), "Two resources deploy to "+m.resourceID(), fmt.Sprintf(
		"Two resources of this configuration plan different splits for %s:\n\n  this resource:  %s\n  other resource: %s\n\n"+
			"Each apply would replace the split of the other. Remove one of the resources, or give it another routine or environment.", m.place(), planned, other))
}

// mayOverwrite warns of a create in an environment that already serves a split while allow_overwrite is unknown.
func (m resourceModel) mayOverwrite(live *esa.Deployment) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("allow_overwrite"), "Environment already serves a split", fmt.Sprintf(
		"%s already serves a split. allow_overwrite is known only after apply. If it is not true, the apply stops with an error:\n\n%s\n\n"+
			"To manage the current deployment, import it by the id %q. To replace it, set allow_overwrite = true.",
		capitalized(m.place()), m.takeover(live), m.resourceID()))
}

// overwriting is the warning instead of occupied if allow_overwrite is set.
func (m resourceModel) overwriting(live *esa.Deployment) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("allow_overwrite"), "Another split will be overwritten", fmt.Sprintf(
		"%s already serves another split. This release replaces it because allow_overwrite is set:\n\n%s",
		capitalized(m.place()), m.takeover(live)))
}

// changed is the error of a release in an environment that someone else has changed since the plan.
func (m resourceModel) changed(change *changedError, planned split.Split, unanswered bool) diag.Diagnostic {
	done := "Nothing was deployed."
	if unanswered {
		done = "ESA did not answer an attempt to deploy the planned split. If it took effect, it has been replaced since."
	}
	return diag.NewErrorDiagnostic("Environment changed since it was planned", fmt.Sprintf(
		"Someone else deployed to %s after Terraform last read it. %s\n\n"+
			"  when planned: %s\n  planned:      %s\n  current:      %s\n\n"+
			"What to do: run terraform plan again. The new plan starts from the current split. Apply it if the change is still correct.",
		m.place(), done, describe(change.before), planned, describe(change.live)))
}

// mayStay warns of a replacement that is planned only because the name or the environment is unknown.
func (m resourceModel) mayStay() diag.Diagnostic {
	return diag.NewWarningDiagnostic("Replacement may be unnecessary", fmt.Sprintf(
		"The name or the environment is known only after apply, so Terraform plans a replacement. It removes the deployment of %s from the state; the environment keeps serving it. "+
			"If name and env turn out to be unchanged and the split is another, the apply stops after that, and you must import the environment again.\n\n"+
			"Set name and env to values that are known during planning, or apply what they depend on first.", m.place()))
}

// notWithdrawn warns that the removal of a deployment from the state withdraws nothing. Terraform plans the deletion of a routine
// after that of its deployments, so the message covers both cases.
func (m resourceModel) notWithdrawn() diag.Diagnostic {
	words := "its current split"
	if served, known := m.split(); known {
		words = served.String()
	}
	return diag.NewWarningDiagnostic("Deployment of "+m.resourceID()+" is only removed from the state", fmt.Sprintf(
		"ESA has no operation that withdraws a deployment: %s keeps serving %s, and ESA keeps these code versions, unless this plan also deletes the routine.",
		m.place(), words))
}

// versionMissing is the error of a version that does not exist. nearest is empty if ESA lists no versions.
func (m resourceModel) versionMissing(codeVersion, nearest string) diag.Diagnostic {
	at := m.codeVersionPath(codeVersion)
	similar := ""
	if nearest != "" {
		similar = fmt.Sprintf(" The closest existing version is %s.", nearest)
	}
	return diag.NewAttributeErrorDiagnostic(at, "Code version does not exist", fmt.Sprintf(
		"%s: routine %q has no code version %s.%s\n\n"+
			"Check the number, and whether the version was deleted. The data source esa_routine_code_versions lists the versions of a routine.",
		at, m.Name.ValueString(), codeVersion, similar))
}

// versionNotReady is the error of a version that is not available.
func (m resourceModel) versionNotReady(version *esa.CodeVersion) diag.Diagnostic {
	at := m.codeVersionPath(version.CodeVersion)
	state, remedy := "is still being built (status init)", "wait until the build is finished, then run terraform plan again."
	if version.Status != esa.BuildStatusInit {
		state, remedy = fmt.Sprintf("cannot be deployed: its build ended in status %q", version.Status), "publish the code again, and release the new version."
	}
	return diag.NewAttributeErrorDiagnostic(at, "Code version is not ready", fmt.Sprintf(
		"%s: code version %s of routine %q %s.\n\nWhat to do: %s", at, version.CodeVersion, m.Name.ValueString(), state, remedy))
}

// versionsNotChecked warns that the plan could not check versions because of a missing permission.
func (m resourceModel) versionsNotChecked(codeVersions []string, err error) diag.Diagnostic {
	action := "GetRoutineCodeVersionInfo"
	if refused, ok := errors.AsType[*esa.Error](err); ok {
		action = refused.Operation
	}
	return diag.NewAttributeWarningDiagnostic(path.Root("code_versions"), "Code versions were not checked", fmt.Sprintf(
		"The access key has no permission to read the code versions of the routine %q, so this plan did not check that these versions exist and can be deployed: %s.\n\n"+
			"To let plans check them, grant its RAM user or role the action esa:%s.", m.Name.ValueString(), strings.Join(codeVersions, ", "), action))
}

// notDeployed is the error of a release.
func (m resourceModel) notDeployed(err error, planned split.Split, creates, unanswered bool) diag.Diagnostic {
	var (
		changed *changedError
		unseen  *notLiveError
		more    []string
	)
	switch {
	case errors.As(err, &changed) && changed.occupied:
		return m.occupied(changed.live)
	case errors.As(err, &changed):
		return m.changed(changed, planned, unanswered)
	case errors.As(err, &unseen):
		return m.notLive(unseen, planned, creates)
	case unanswered:
		more = append(more, fmt.Sprintf("ESA did not answer an attempt to deploy %s, so it may have taken effect, or may still do so. "+
			"The next plan shows the current split. If it is the planned one, nothing is deployed a second time.", planned))
	}
	if creates {
		return m.failure("create", err, more...)
	}
	return m.failure("update", err, more...)
}

// failure is the error of a call about this resource, with additional paragraphs.
func (m resourceModel) failure(verb string, err error, more ...string) diag.Diagnostic {
	summary := "Cannot " + verb + " the deployment"
	if esa.HasCode(err, "ParameterNotExist") {
		return apierror.AttributeDiagnostic(path.Root("code_versions"), summary, err, more...)
	}
	return apierror.RoutineDiagnostic(summary, err, more...)
}

// notLive is the error of a deployment that was created and did not become live. A failed create leaves the resource tainted, an
// update does not.
func (m resourceModel) notLive(err *notLiveError, planned split.Split, tainted bool) diag.Diagnostic {
	paragraphs := []string{fmt.Sprintf(
		"ESA accepted deployment %s for %s, and the state holds it. The environment did not start to serve it:\n\n  planned:   %s\n  last read: %s",
		err.deploymentID, m.place(), planned, describe(err.lastSeen))}
	superseded := errors.Is(err, errSuperseded)
	if superseded {
		paragraphs = append(paragraphs, "Someone else has deployed in the meantime.\n\nWhat to do: coordinate with them, then run terraform plan, which shows the current split.")
	} else {
		paragraphs = append(paragraphs, apierror.Detail(err.cause))
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			paragraphs = append(paragraphs, "What to do: run terraform plan again. It reads the current split. If it is the planned one by then, nothing is deployed a second time.")
		}
	}
	switch {
	case tainted && superseded:
		paragraphs = append(paragraphs, "Terraform marks this resource as tainted. Run terraform untaint on it before that plan, so that the change is an update, not a replacement.")
	case tainted:
		paragraphs = append(paragraphs, "Terraform marks this resource as tainted. The next apply adopts the deployment and does not create a second one. "+
			"If prevent_destroy blocks that, run terraform untaint on the resource.")
	}
	return diag.NewErrorDiagnostic("Deployment did not become live", strings.Join(paragraphs, "\n\n"))
}

// otherVariables warns of a version that contains the variables of another environment.
func (m resourceModel) otherVariables(codeVersion, bound string) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(m.codeVersionPath(codeVersion), "Code version carries the variables of another environment", fmt.Sprintf(
		"Code version %s of routine %q was published with deploy_env = %q, so it runs in %s with the variables of %[3]s. "+
			"To give it those of %[4]s, publish the same content once more with deploy_env = %[4]q, and release that version.",
		codeVersion, m.Name.ValueString(), bound, m.Env.ValueString()))
}
