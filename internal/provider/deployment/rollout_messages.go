package deployment

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-esa/internal/provider/apierror"
	"terraform-provider-esa/internal/provider/framework"
	"terraform-provider-esa/internal/rollout"
)

// rolloutAhead announces the rollout of a plan. known is false if the candidate is known only after apply.
func (m resourceModel) rolloutAhead(itinerary rollout.Itinerary, known bool) diag.Diagnostic {
	summary, text := "Rollout of "+m.resourceID(), itinerary.String()+"."
	switch first := itinerary.Stages[0]; {
	case first.IsLive:
		summary = "Interrupted rollout of " + m.resourceID() + " resumes"
		text += fmt.Sprintf("\n\nAn earlier rollout stopped at %d%%, and this step has not been watched since. The apply watches it again and continues from there.", first.Percentage)
	case !known && itinerary.Stable != "":
		text += fmt.Sprintf("\n\nThe candidate is known after apply. Without steps, it is deployed at once if it is older than code version %s.", itinerary.Stable)
	}
	return diag.NewWarningDiagnostic(summary, text)
}

// failure is the error of a rollout that did not reach its goal.
func (r *rollingOut) failure(ending rollout.Ending) diag.Diagnostic {
	summary, happened := r.verdict(ending)
	paragraphs := []string{happened, r.facts(ending)}
	advice := "What to do: "
	if ending.Reason == rollout.NotDeployed {
		paragraphs = append(paragraphs, apierror.Detail(r.err)) // which says what to do about that
		advice = "After that: "
	}
	return diag.NewErrorDiagnostic(summary, strings.Join(append(paragraphs, advice+r.remedy(ending)), "\n\n"))
}

// verdict says what happened.
func (r *rollingOut) verdict(ending rollout.Ending) (summary, happened string) {
	if ending.Check != rollout.NoCheck {
		failed := fmt.Sprintf("The health check %s failed at %s of the rollout to %s.", r.checks[ending.Check].Address(), r.place(), r.model.place())
		switch {
		case ending.Outcome == rollout.AtStable:
			return "Rollout failed and was rolled back", failed + " The stable version serves all traffic again."
		case ending.Reason != rollout.ChecksFailed:
			return "Rollout failed and was not rolled back", failed + " Deploying the stable version did not succeed: " + r.reason(ending) + "."
		case r.itinerary.Stable == "":
			return "Rollout failed and was not rolled back", failed + " There is no version to roll back to, so the current split stays."
		default:
			return "Rollout failed and was not rolled back", failed + ` on_failure is "hold", so the current split stays.`
		}
	}
	when := "before " + r.place()
	if ending.Pending.IsEmpty() {
		when = "during the bake time of " + r.place()
	}
	return "Rollout did not complete", fmt.Sprintf("The rollout to %s stopped %s: %s. It was not rolled back, and the current split is not watched.", r.model.place(), when, r.reason(ending))
}

// reason says why the run stopped, as the end of a sentence.
func (r *rollingOut) reason(ending rollout.Ending) string {
	switch ending.Reason {
	case rollout.Canceled:
		return "the apply was canceled"
	case rollout.TimedOut:
		return "the time limit of this operation, " + applySetting(r.creates) + ", was reached"
	case rollout.DeployedOutside:
		return "someone else has deployed in the meantime"
	default:
		return "a call to ESA failed"
	}
}

// facts lists the itinerary, the current split and the events.
func (r *rollingOut) facts(ending rollout.Ending) string {
	lines := []string{"  rollout:   " + r.itinerary.String()}
	add := func(name, value string) { lines = append(lines, fmt.Sprintf("  %-10s %s", name+":", value)) }
	pending := true
	switch {
	case r.accepted != "":
		add("accepted", fmt.Sprintf("%s (deployment %s), not live yet", ending.Pending, r.accepted))
	case r.unanswered:
		add("attempted", fmt.Sprintf("%s, without an answer, so it may still take effect", ending.Pending))
	default:
		pending = false
	}
	changed, _ := errors.AsType[*changedError](r.err)
	switch {
	case changed != nil:
		add("last step", describe(r.current))
		add("current", describe(changed.live))
	case errors.Is(r.err, errSuperseded):
		add("current", describe(r.lastSeen))
	case r.accepted != "":
		add("last read", describe(r.lastSeen))
	case pending, ending.Reason == rollout.NotDeployed:
		add("last read", describe(r.current))
	default:
		add("current", describe(r.current))
	}
	var story []event
	for _, failure := range ending.Failures {
		story = append(story, event{failure.At, "check failed: " + failure.Detail})
	}
	story = append(story, r.story...)
	slices.SortStableFunc(story, func(a, b event) int { return a.at.Compare(b.at) })
	for _, happened := range story {
		lines = append(lines, "  "+happened.at.UTC().Format("15:04:05Z")+"  "+happened.text)
	}
	return strings.Join(lines, "\n")
}

// remedy says what to do, as the text after a colon.
func (r *rollingOut) remedy(ending rollout.Ending) string {
	atGoal := framework.Split(r.current).Equal(r.next.goal)
	var remedy string
	switch {
	case ending.Outcome == rollout.AtStable:
		remedy = "fix the cause and release again. The state holds the stable version, so the next plan shows this change again."
		if r.creates {
			remedy = "fix the cause and release again."
		}
	case ending.Reason == rollout.DeployedOutside:
		remedy = "coordinate with whoever deployed, then run terraform plan, which shows the current split."
	case ending.Check != rollout.NoCheck && ending.Reason != rollout.ChecksFailed:
		remedy = fmt.Sprintf("to roll back, set code_versions to 100%% of code version %s and apply.", r.itinerary.Stable)
	case r.accepted != "" || r.unanswered:
		remedy = "run terraform plan. It reads the current split, and the apply continues from there."
	case atGoal && r.creates:
		remedy = "check the current split. The next apply adopts it without watching it."
	case atGoal && r.itinerary.Stable == "":
		remedy = "check the current split. The state holds the planned split, so the next plan is empty and nothing is watched."
	case atGoal:
		remedy = fmt.Sprintf("check the current split. The state holds the planned split, so the next plan is empty and nothing is watched. "+
			"To roll back, set code_versions to 100%% of code version %s and apply.", r.itinerary.Stable)
	default:
		remedy = fmt.Sprintf("to continue, apply again: the rollout resumes at the current step. To roll back, set code_versions to 100%% of code version %s and apply.", r.itinerary.Stable)
	}
	if r.creates {
		remedy += " The state has no entry of this resource, because its create failed."
	}
	return remedy
}
