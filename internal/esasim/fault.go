package esasim

import "slices"

// Fault is one way in which an answer goes wrong, or is right in an unexpected
// form. [Faults] lists them all. Faults hit calls that are signed as they should
// be and within the rate limit; other calls are refused as always.
type Fault string

// Answers that say "not now". The work is not done.
const (
	// Throttled: the account's rate limit for the operation is used up, as the gateway says it most often.
	Throttled Fault = "throttled"
	// ThrottledBadRequest: the same, with the HTTP status 400 that some gateways use.
	ThrottledBadRequest Fault = "throttled-400"
	// Unavailable: the service or its gateway is being restarted or overloaded (HTTP 503, JSON).
	Unavailable Fault = "unavailable"
	// InternalException: a fault inside ESA, which arrives as HTTP 400 although its text says "try again later".
	InternalException Fault = "internal-exception"
	// InternalOperationError: the other code for the same.
	InternalOperationError Fault = "internal-operation-error"
	// LockFailed: another write on the account holds the lock.
	LockFailed Fault = "lock-failed"
	// SiteBusy: another change to the site is being rolled out.
	SiteBusy Fault = "site-busy"
	// TooManyRequests: too many concurrent writes on the account.
	TooManyRequests Fault = "too-many-requests"
	// HTMLBadGateway: a proxy on the way found no server behind it (HTTP 502 with an HTML page).
	HTMLBadGateway Fault = "html-502"
	// NumericCode: a gateway answers an error whose Code is a JSON number (HTTP 500).
	NumericCode Fault = "numeric-code"
)

// Connections that break or stall.
const (
	// ResetBefore: the connection is reset before ESA saw the request: a NAT or load balancer dropped it. The work is not done.
	ResetBefore Fault = "reset-before"
	// ResetAfter: the connection is reset after the work is done: the answer is lost.
	ResetAfter Fault = "reset-after"
	// HalfAnswer: the connection ends in the middle of the answer's body, which its Content-Length shows. The work is done.
	HalfAnswer Fault = "half-answer"
	// Hang: no answer comes until the client gives up: packets are dropped on the way. The work is not done.
	Hang Fault = "hang"
	// Slow: the answer takes [Rule.Delay] longer. The work is done after the delay.
	Slow Fault = "slow"
)

// Answers with HTTP status 200 that cannot be what they say. The work is done:
// something between ESA and the client spoiled the answer.
const (
	// HalfJSON: the JSON ends in the middle, with a matching Content-Length.
	HalfJSON Fault = "half-json"
	// EmptyAnswer: no body.
	EmptyAnswer Fault = "empty"
	// EmptyObject: the body is {}.
	EmptyObject Fault = "empty-object"
	// NullAnswer: the body is null.
	NullAnswer Fault = "null"
	// Garbled: the body is bytes that are neither JSON nor valid UTF-8.
	Garbled Fault = "garbled"
	// HTMLAnswer: a captive portal or proxy answers a page of its own.
	HTMLAnswer Fault = "html-200"
	// Huge: the answer is true, and over 8 MiB.
	Huge Fault = "huge"
)

// Answers that are true, in a form that a client may not expect. The work is done.
const (
	// Stale: a read comes from a replica that lags behind: it answers the state
	// before the last write to what it reads (for GetRoutine: to the routine). The rule hits only calls that
	// come after a write made since it was injected, so that Times counts answers
	// that really are stale.
	Stale Fault = "stale"
	// Reversed: every list of the answer comes the other way round: no order is promised.
	Reversed Fault = "reversed"
	// NumericIDs: CodeVersion, DeploymentId and DeployId are JSON numbers, as the samples of the reference page show them.
	NumericIDs Fault = "numeric-ids"
	// PlainDescriptions: the answer shows descriptions as they were given.
	PlainDescriptions Fault = "plain-descriptions"
	// EncodedDescriptions: the answer shows descriptions base64-encoded.
	EncodedDescriptions Fault = "base64-descriptions"
	// TextIDs: SiteId, ConfigId and RecordId, which are numbers in the schema, are JSON text.
	TextIDs Fault = "text-ids"
	// OtherDeployIDs: GetRoutine shows another DeployId than CreateRoutineCodeDeployment answered as DeploymentId.
	OtherDeployIDs Fault = "other-deploy-ids"
)

// Answers of the tester's choice.
const (
	// ChosenError answers an error of [Rule.Status], [Rule.Code] and [Rule.Message]. The work is not done.
	// Without them it is NoPermission with HTTP status 403: the account may not call the operation.
	ChosenError Fault = "error"
	// ChosenAnswer answers [Rule.Body] with [Rule.Status] (200 where it is 0). The work is done.
	ChosenAnswer Fault = "answer"
	// Redirect answers 302 to [Rule.Location], by default another host. The work is not done.
	Redirect Fault = "redirect"
	// NoFault lets the call through unharmed: the rule only counts it and runs [Rule.Then].
	NoFault Fault = "none"
)

// Faults of the upload and the build that follows it. They hit uploads only.
const (
	// UploadRefused: OSS answers AccessDenied (HTTP 403, XML). Nothing is stored.
	UploadRefused Fault = "upload-refused"
	// PolicyExpired: OSS finds the upload's policy expired: it took longer than five minutes to begin. Nothing is stored.
	PolicyExpired Fault = "policy-expired"
	// BuildFailed: the upload is taken, and the version's build fails.
	BuildFailed Fault = "build-failed"
	// BuildEndless: the upload is taken, and the version stays in status init for ever.
	BuildEndless Fault = "build-endless"
)

// traits is what is known of a fault.
type traits struct {
	fault Fault
	// undone: the work is not done, unless the rule says otherwise.
	undone bool
	// benign: the answer is true, perhaps late or in an unexpected form.
	benign bool
	// only names the operations that the fault can hit; empty means all.
	only []string
}

// describing are the operations whose answers hold descriptions.
var describing = []string{"GetRoutine", "ListUserRoutines", "GetRoutineCodeVersionInfo", "ListRoutineCodeVersions", "GetRoutineCodeVersion"}

var faultTraits = []traits{
	{fault: Throttled, undone: true},
	{fault: ThrottledBadRequest, undone: true},
	{fault: Unavailable, undone: true},
	{fault: InternalException, undone: true},
	{fault: InternalOperationError, undone: true},
	{fault: LockFailed, undone: true},
	{fault: SiteBusy, undone: true},
	{fault: TooManyRequests, undone: true},
	{fault: HTMLBadGateway, undone: true},
	{fault: NumericCode, undone: true},
	{fault: ResetBefore, undone: true},
	{fault: ResetAfter},
	{fault: HalfAnswer},
	{fault: Hang, undone: true},
	{fault: Slow, benign: true},
	{fault: HalfJSON},
	{fault: EmptyAnswer},
	{fault: EmptyObject},
	{fault: NullAnswer},
	{fault: Garbled},
	{fault: HTMLAnswer},
	{fault: Huge},
	{fault: Stale, benign: true, only: []string{
		"GetRoutine", "ListRoutineEnvironmentVariables", "GetRoutineRoute", "ListRoutineRoutes", "ListSiteRoutes", "ListRoutineRelatedRecords",
		"ListEdgeRoutineRecords",
	}},
	{fault: Reversed, benign: true},
	{fault: NumericIDs, benign: true},
	{fault: PlainDescriptions, benign: true, only: describing},
	{fault: EncodedDescriptions, benign: true, only: describing},
	{fault: TextIDs, benign: true, only: []string{
		"CreateRoutineRoute", "GetRoutineRoute", "ListRoutineRoutes", "ListSiteRoutes", "CreateRoutineRelatedRecord", "ListRoutineRelatedRecords", "ListEdgeRoutineRecords", "ListSites",
	}},
	{fault: OtherDeployIDs, benign: true, only: []string{"GetRoutine"}},
	{fault: ChosenError, undone: true},
	{fault: ChosenAnswer},
	{fault: Redirect, undone: true},
	{fault: NoFault, benign: true},
	{fault: UploadRefused, undone: true, only: []string{UploadOperation}},
	{fault: PolicyExpired, undone: true, only: []string{UploadOperation}},
	{fault: BuildFailed, benign: true, only: []string{UploadOperation}},
	{fault: BuildEndless, benign: true, only: []string{UploadOperation}},
}

// Faults lists every fault, for tests that go through all of them.
func Faults() []Fault {
	list := make([]Fault, 0, len(faultTraits))
	for _, t := range faultTraits {
		list = append(list, t.fault)
	}
	return list
}

func (f Fault) traits() (traits, bool) {
	at := slices.IndexFunc(faultTraits, func(t traits) bool { return t.fault == f })
	if at < 0 {
		return traits{}, false
	}
	return faultTraits[at], true
}

// DoesWork reports whether the operation takes effect although the fault hits it,
// where the rule does not say otherwise with [Rule.Work].
func (f Fault) DoesWork() bool {
	t, known := f.traits()
	return known && !t.undone
}

// Benign reports whether the answer is true all the same, late or in an
// unexpected form, so that a good client notices nothing.
func (f Fault) Benign() bool {
	t, known := f.traits()
	return known && t.benign
}

// Hits reports whether the fault can hit an operation at all.
func (f Fault) Hits(operation string) bool {
	t, known := f.traits()
	return known && (len(t.only) == 0 || slices.Contains(t.only, operation))
}
