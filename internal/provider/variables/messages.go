package variables

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

// place formats the environment for a message.
func (m resourceModel) place() string {
	return framework.Environment(m.Name.ValueString(), m.Env.ValueString())
}

// exists is the error of a create that would change or delete existing variables.
func (m resourceModel) exists(keys []string) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Environment already has variables", fmt.Sprintf(
		"This resource manages every variable of %s, and would change or delete existing variables:\n\n%s\n\n"+
			"To manage them, import them. The next plan then shows each change:\n\n"+
			"  import {\n    to = <this resource's address>\n    id = %q\n  }\n\n"+
			"To replace them, set allow_overwrite = true. "+framework.UntaintHint, m.place(), lines(keys), framework.ID(m.Name.ValueString(), m.Env.ValueString())))
}

// secretsChanged warns of secrets that someone else has set since the last apply. Their values cannot be compared.
func (m resourceModel) secretsChanged(keys []string, at times) diag.Diagnostic {
	var set []string
	for _, key := range keys {
		set = append(set, fmt.Sprintf("%s, set %s", key, at[key]))
	}
	return diag.NewAttributeWarningDiagnostic(path.Root("secrets_wo"), "Secrets were changed outside of Terraform", fmt.Sprintf(
		"Someone else set secrets of %s after the last apply:\n\n%s\n\n"+
			"Terraform cannot compare their values, so no plan shows a change. To send the values of secrets_wo again, increase secrets_wo_version.", m.place(), lines(set)))
}

// failure is the error of a change of variables.
func (m resourceModel) failure(verb string, err error) diag.Diagnostic {
	summary := "Cannot " + verb + " the variables"
	var (
		exists  *existsError
		changed *changedError
		failed  *failedKeysError
		hidden  *notShownError
	)
	switch {
	case errors.As(err, &exists):
		return m.exists(exists.keys)
	case errors.As(err, &changed):
		return diag.NewErrorDiagnostic("Variables changed since they were planned", fmt.Sprintf(
			"Someone else changed variables of %s after Terraform last read them:\n\n%s\n\n"+
				"What to do: run terraform plan again. The new plan starts from the current variables. Apply it if the change is still correct.", m.place(), lines(changed.keys)))
	case errors.As(err, &failed):
		return diag.NewErrorDiagnostic(summary, fmt.Sprintf(
			"ESA did not %s these variables of %s, and gave no reason:\n\n%s\n\nThe state holds the variables as ESA shows them.\n\nWhat to do: apply again.", failed.verb, m.place(), lines(failed.keys)))
	case errors.As(err, &hidden):
		return diag.NewErrorDiagnostic(summary, fmt.Sprintf(
			"ESA accepted the variables of %s, but does not return these as they were set:\n\n%s\n\nWhat to do: run terraform plan again.", m.place(), lines(hidden.keys)))
	case esa.IsRoutineMissing(err):
		return apierror.AttributeDiagnostic(path.Root("name"), summary, err)
	default:
		return apierror.Diagnostic(summary, err)
	}
}

func lines(keys []string) string {
	return "  " + strings.Join(keys, "\n  ")
}

func invalidKey(at path.Path, key, problem string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, "Invalid variable key", fmt.Sprintf("The key %q %s.", key, problem))
}

func invalidValue(at path.Path, key, problem string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, "Invalid variable value", fmt.Sprintf("The value of the variable %q %s.", key, problem))
}
