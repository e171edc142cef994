package acceptance

import (
	"time"

	"terraform-provider-esa/internal/esasim"
)

// PassingFaults are the ways for a call to go wrong that can be got over, by name.
func PassingFaults() map[string]esasim.Rule {
	return map[string]esasim.Rule{
		"throttled":           {Fault: esasim.Throttled},
		"throttled-400":       {Fault: esasim.ThrottledBadRequest},
		"unavailable":         {Fault: esasim.Unavailable},
		"unavailable-done":    {Fault: esasim.Unavailable, Work: esasim.WorkDone},
		"internal-error":      {Fault: esasim.InternalException},
		"internal-error-done": {Fault: esasim.InternalException, Work: esasim.WorkDone},
		"internal-operation":  {Fault: esasim.InternalOperationError},
		"lock-failed":         {Fault: esasim.LockFailed},
		"site-busy":           {Fault: esasim.SiteBusy},
		"too-many-requests":   {Fault: esasim.TooManyRequests},
		"gateway-page":        {Fault: esasim.HTMLBadGateway},
		"gateway-page-done":   {Fault: esasim.HTMLBadGateway, Work: esasim.WorkDone},
		"numeric-code":        {Fault: esasim.NumericCode},
		"numeric-code-done":   {Fault: esasim.NumericCode, Work: esasim.WorkDone},
		"reset-before":        {Fault: esasim.ResetBefore},
		"reset-after":         {Fault: esasim.ResetAfter},
		"half-answer":         {Fault: esasim.HalfAnswer},
		"half-json":           {Fault: esasim.HalfJSON},
		"empty-answer":        {Fault: esasim.EmptyAnswer},
		"empty-answer-undone": {Fault: esasim.EmptyAnswer, Work: esasim.WorkUndone},
		"empty-object":        {Fault: esasim.EmptyObject},
		"null":                {Fault: esasim.NullAnswer},
		"garbled":             {Fault: esasim.Garbled},
		"page-of-a-portal":    {Fault: esasim.HTMLAnswer, Work: esasim.WorkUndone},
		"slow":                {Fault: esasim.Slow, Delay: 10 * time.Millisecond},
		"huge":                {Fault: esasim.Huge},
	}
}

// Attempts is how often a write is sent that goes wrong once by a rule: where ESA did the work, the call is not repeated.
func Attempts(rule esasim.Rule) int {
	if rule.Work == esasim.WorkDone || rule.Fault.DoesWork() && rule.Work != esasim.WorkUndone {
		return 1
	}
	return 2
}
