package codeversion

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-esa/internal/bundle"
	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/apierror"
	"terraform-provider-esa/internal/provider/framework"
)

// failure is the error of a call about this resource.
func (m resourceModel) failure(verb string, err error) diag.Diagnostic {
	return apierror.RoutineDiagnostic("Cannot "+verb+" the code version", err)
}

// notPublished is the error of a publication. It also says what happened to the reserved version.
func (m resourceModel) notPublished(err *publishError) diag.Diagnostic {
	if err.reserved == nil && err.cleanup == nil && esa.IsRoutineMissing(err.cause) {
		return m.failure("publish", err.cause)
	}
	paragraphs := []string{fmt.Sprintf("Publishing a code version of routine %q failed at this step: %s.", m.Name.ValueString(), err.step)}
	var (
		interrupted *esa.Interrupted
		changed     *bundle.ChangedError
		content     *bundle.Error
	)
	switch {
	case errors.Is(err.cause, errBuildFailed):
		paragraphs = append(paragraphs, fmt.Sprintf(
			"ESA accepted the code, but the build ended in status %q. ESA does not report a reason.\n\nWhat to do: check that the function is one bundled JavaScript file with a default export, without imports of other files, and that it works in the vendor's CLI (esa-cli dev).",
			err.reserved.Status))
	case err.step == stepBuild && errors.As(err.cause, &interrupted):
		paragraphs = append(paragraphs, "ESA accepted the code, but the build is not finished (status \"init\").", apierror.Detail(err.cause),
			"What to do: apply again. If builds take that long, increase timeouts.create.")
	case errors.As(err.cause, &changed):
		paragraphs = append(paragraphs, fmt.Sprintf("The file %q changed during the upload, so it differs from the plan. The upload was stopped.", changed.Path),
			"What to do: wait until the process that writes it is done, then run terraform plan again.")
	case errors.As(err.cause, &content):
		paragraphs = append(paragraphs, fmt.Sprintf("%s: %s. It existed when the apply started.", content.Part, content))
	case esa.IsUploadPolicyExpired(err.cause):
		paragraphs = append(paragraphs, apierror.Detail(err.cause), "The provider reserved a second version to get a new upload permission, but that one expired too.")
	default:
		paragraphs = append(paragraphs, apierror.Detail(err.cause))
		if advice := m.quotaFull(err.cause); advice != "" {
			paragraphs = append(paragraphs, advice)
		}
	}
	return diag.NewErrorDiagnostic("Cannot publish the code version", strings.Join(append(paragraphs, m.aftermath(err)), "\n\n"))
}

// aftermath says what remains after a failed publication.
func (m resourceModel) aftermath(err *publishError) string {
	switch {
	case err.cleanup == nil && err.reserved == nil:
		return "No code version was created."
	case err.cleanup == nil:
		return fmt.Sprintf("The reserved code version %s was deleted again. No environment was changed.", err.reserved.CodeVersion)
	case err.reserved == nil:
		return "ESA did not answer the request that reserves a code version, and the provider could not determine whether one was reserved:\n\n" + apierror.CleanupDetail(err.cleanup) +
			fmt.Sprintf("\n\nCheck the ESA console for a new version of routine %q in status \"init\", and delete it. It has no code but counts against the quota.", m.Name.ValueString())
	default:
		return fmt.Sprintf("The reserved code version %s could not be deleted:\n\n%s\n\n"+
			"It is in status %q and counts against the quota. The state keeps it as a tainted resource, so the next apply deletes it. "+
			"If the state is lost, delete code version %s of routine %q manually.",
			err.reserved.CodeVersion, apierror.CleanupDetail(err.cleanup), err.reserved.Status, err.reserved.CodeVersion, m.Name.ValueString())
	}
}

// notDeleted is the error of a version that was not deleted.
func (m resourceModel) notDeleted(err error) diag.Diagnostic {
	var served *servedError
	if !errors.As(err, &served) {
		return m.failure("delete", err)
	}
	what := "ESA reports that something still depends on it, but no environment serves it."
	if len(served.deployments) > 0 {
		what = "An environment still serves it:\n\n" + framework.Serving(served.deployments)
	}
	paragraphs := []string{
		fmt.Sprintf("Code version %s of routine %q was not deleted. %s", m.CodeVersion.ValueString(), m.Name.ValueString(), what),
		"What to do: move the environment to another split first. If a new version replaces this one, set lifecycle { create_before_destroy = true } on this resource, " +
			"so that the deployment moves to the new version before the old one is deleted. To keep old versions for a rollback, set retain.",
	}
	if served.cause != nil {
		paragraphs = append(paragraphs, apierror.Cause(served.cause))
	}
	return diag.NewErrorDiagnostic("Code version is still served", strings.Join(paragraphs, "\n\n"))
}

// successorChanged stops the delete of a version whose replacement cannot be published as planned.
func (m resourceModel) successorChanged(err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Content changed since it was planned", fmt.Sprintf(
		"This plan replaces code version %s of routine %q, but the content of the new version differs from the plan. Nothing was deleted and nothing was published.\n\n  %s\n\n"+
			"What to do: run terraform plan again with the final files, and apply that plan.",
		m.CodeVersion.ValueString(), m.Name.ValueString(), err))
}

// stillServed warns of a destroy that ESA refuses unless the environments move to other versions first.
func (m resourceModel) stillServed(deployments []esa.Deployment) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Code version is still served", fmt.Sprintf(
		"Terraform will delete code version %s of routine %q. ESA refuses that while an environment serves it:\n\n%s\n\n"+
			"If this apply moves the environment to another split first, the delete succeeds. "+
			"If this apply destroys the deployment as well, the version stays in ESA until its routine is deleted. "+
			"Otherwise the apply fails: destroying a deployment does not withdraw it.",
		m.CodeVersion.ValueString(), m.Name.ValueString(), framework.Serving(deployments)))
}

// replacedWhileServed warns of a replacement whose delete ESA refuses unless the environments move to other versions first. A
// provider cannot see whether Terraform creates before it destroys.
func (m resourceModel) replacedWhileServed(deployments []esa.Deployment) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Code version is still served", fmt.Sprintf(
		"This plan replaces code version %s of routine %q. ESA refuses to delete it while an environment serves it:\n\n%s\n\n"+
			"If this apply deletes the version before it moves the environment to another split, the apply fails, and no new version is published. "+
			"To move the environment first, set lifecycle { create_before_destroy = true } on this resource, and release the new version in the same apply. "+
			"To keep the old version for a rollback, set retain.",
		m.CodeVersion.ValueString(), m.Name.ValueString(), framework.Serving(deployments)))
}

// staysInESA warns that a version was removed from the state and not deleted, because a deployment that was removed too serves it.
func (m resourceModel) staysInESA(deployments []esa.Deployment) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Code version stays in ESA", fmt.Sprintf(
		"Code version %s of routine %q was removed from the state and not deleted. These deployments were removed from the state in the same run; ESA keeps serving them from this version:\n\n%s\n\n"+
			"The version is deleted with its routine. To delete it earlier, move the environment to another split first, then delete it manually.",
		m.CodeVersion.ValueString(), m.Name.ValueString(), framework.Serving(deployments)))
}

// contentFailure is the error of content that cannot be published.
func (m resourceModel) contentFailure(err error) diag.Diagnostic {
	const summary = "Content cannot be published"
	var (
		failure *bundle.Error
		changed *bundle.ChangedError
	)
	switch {
	case errors.As(err, &failure):
		return diag.NewAttributeErrorDiagnostic(path.Root(string(failure.Part)), summary, fmt.Sprintf(
			"%s.\n\nTerraform reads the content during plan and again during apply. Build it before terraform plan, and keep it in place for terraform apply of a saved plan. "+
				"A relative path starts at the directory that Terraform runs in; with ${path.module}/ it starts at the module.",
			failure))
	case errors.As(err, &changed):
		return diag.NewAttributeErrorDiagnostic(path.Root(string(changed.Part)), summary, fmt.Sprintf(
			"%s. Nothing was published.\n\nWhat to do: wait until the process that writes it is done, then run terraform plan again.", changed))
	default:
		return diag.NewErrorDiagnostic(summary, fmt.Sprintf("Reading the content was interrupted: %v.", err))
	}
}

// contentChanged is the error of content that differs from the plan.
func (m resourceModel) contentChanged(now string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root(attributeContentHash), "Content changed since it was planned", fmt.Sprintf(
		"The content of this version of routine %q differs from the plan. Nothing was published.\n\n  planned: %s\n  now:     %s\n\n"+
			"What to do: run terraform plan again with the final files, and apply that plan.",
		m.Name.ValueString(), m.ContentHash.ValueString(), now))
}

// contentAdopted warns that the content of an imported version cannot be compared.
func (m resourceModel) contentAdopted() diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root(attributeContentHash), "Content of the imported version cannot be compared", fmt.Sprintf(
		"Code version %s of routine %q was imported, and ESA does not return the content of a version. This apply records the configured content as that of the version, and publishes nothing. "+
			"A later change of the content publishes a new version. To publish the configured content now, apply with -replace=<this resource's address>.",
		m.CodeVersion.ValueString(), m.Name.ValueString()))
}

// versionsMissing warns if the list may be incomplete.
func versionsMissing(list *esa.List[esa.CodeVersion]) diag.Diagnostics {
	return framework.Incomplete(*list, "code versions", "A version that is not listed can still be deployed by its number. To see the others, delete versions that are no longer needed.")
}
