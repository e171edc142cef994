package esasim

import (
	"fmt"
	"net/http"
)

// apiError is an answer that says no: an HTTP status, ESA's code and message,
// and the reason, which only the call log shows. The real service gives no
// reason either, beyond the fixed message of the code.
type apiError struct {
	Status  int
	Code    string
	Message string
	Reason  string
}

// The codes that the reference page of CreateRoutineCodeDeployment lists, with
// their messages, word for word; all of them are HTTP 400.
const (
	codeInternalException      = "InternalException"
	codeInternalOperationError = "InternalOperationError"
	codeRoutineNotExist        = "RoutineNotExist"
	codeParameterNotExist      = "ParameterNotExist"
	codeDependedByOthers       = "DependedByOthers"
	codeServiceStatusHalt      = "RoutineUserServiceStatusHalt"
	codeInvalidParameter       = "InvalidParameter"
)

// Codes seen on this family of operations beside the documented ones.
const (
	codeRoutineNameExists = "RoutineNameAlreadyExist"
	codeLockFailed        = "LockFailed"
	codeSiteBusy          = "Site.ServiceBusy"
	codeTooManyRequests   = "TooManyRequests"
	codeThrottlingUser    = "Throttling.User"
	codeNoPermission      = "NoPermission"
	codeUnavailable       = "ServiceUnavailable"
	codeSiteNotFound      = "SiteNotFound"
	codeSiteNotFoundTwice = "SiteNotFound.NotFound"
	codeSiteNumber        = "101"
	codeSiteOtherNumber   = "32"
	codeCompileRule       = "CompileRuleError"
	codeRuleRegexQuota    = "RuleRegexQuotaCheckFailed"
)

// Codes that are guesses: no source tells what the service says here.
const (
	codeRouteNotExist  = "RouteNotExist"
	codeRouteNotFound  = "InvalidConfig.NotFound"
	codeRouteExists    = "RouteAlreadyExist"
	codeRecordNotExist = "RecordNotExist"
	codeRecordNotFound = "InvalidRecord.NotFound"
	codeRecordExists   = "RecordAlreadyExist"
	codeVersionQuota   = "CodeVersionNumberExceedQuotaLimit"
	codeRoutineQuota   = "RoutineNumberExceedQuotaLimit"
	codeQuotaExceeded  = "QuotaExceeded"
)

// Codes of the gateway in front of all Alibaba Cloud APIs: signatures, keys, versions.
const (
	codeActionNotFound     = "InvalidAction.NotFound"
	codeInvalidVersion     = "InvalidVersion"
	codeKeyNotFound        = "InvalidAccessKeyId.NotFound"
	codeMissingKey         = "MissingAccessKeyId"
	codeMissingToken       = "MissingSecurityToken"
	codeTokenMismatch      = "InvalidSecurityToken.MismatchWithAccessKey"
	codeTokenExpired       = "InvalidSecurityToken.Expired"
	codeSignatureMismatch  = "SignatureDoesNotMatch"
	codeSignatureMissing   = "MissingSignature"
	codeNonceUsed          = "SignatureNonceUsed"
	codeNonceMissing       = "MissingSignatureNonce"
	codeTimeStampExpired   = "InvalidTimeStamp.Expired"
	codeTimeStampFormat    = "InvalidTimeStamp.Format"
	codeSignatureMethod    = "InvalidSignatureMethod"
	codeUnsupportedMethod  = "UnsupportedHTTPMethod"
	codeUnsupportedContent = "UnsupportedContentType"
	codeBodyTooLarge       = "RequestEntityTooLarge"
)

// versionQuotaMessage is the text that users report; the code beside it is not known.
const versionQuotaMessage = "The code version number exceeds the quota limit."

const callService = "Failed to call the service. Try again later or contact technical support."

// knownErrors is the status and the message of each code.
var knownErrors = map[string]struct {
	status  int
	message string
}{
	codeInternalException:      {http.StatusBadRequest, callService},
	codeInternalOperationError: {http.StatusBadRequest, callService},
	codeDependedByOthers:       {http.StatusBadRequest, callService},
	codeRoutineNotExist:        {http.StatusBadRequest, "The routine name does not exist. Check the routine name and try again."},
	codeParameterNotExist:      {http.StatusBadRequest, "The specified parameter does not exist. Check your configurations and try again."},
	codeServiceStatusHalt:      {http.StatusBadRequest, "Failed to update the configurations because you have overdue payments."},
	codeInvalidParameter:       {http.StatusBadRequest, "Parameter verification failed. Check your configurations and try again."},

	codeRoutineNameExists: {http.StatusBadRequest, "The routine name already exists. Specify another name and try again."},
	codeLockFailed:        {http.StatusBadRequest, "Failed to obtain the lock. Try again later."},
	codeSiteBusy:          {http.StatusBadRequest, "The service is busy. Try again later."},
	codeTooManyRequests:   {http.StatusBadRequest, "Too many requests are being processed. Try again later."},
	codeThrottlingUser:    {http.StatusTooManyRequests, "Request was denied due to user flow control."},
	codeNoPermission:      {http.StatusForbidden, "You are not authorized to do this operation."},
	codeUnavailable:       {http.StatusServiceUnavailable, "The request has failed due to a temporary failure of the server."},

	codeSiteNotFound:      {http.StatusNotFound, "The site does not exist."},
	codeSiteNotFoundTwice: {http.StatusNotFound, "The site does not exist."},
	codeSiteNumber:        {http.StatusBadRequest, "The site does not exist."},
	codeSiteOtherNumber:   {http.StatusBadRequest, "The site does not exist."},
	codeCompileRule:       {http.StatusBadRequest, "The rule cannot be compiled. Check the rule and try again."},
	codeRuleRegexQuota:    {http.StatusBadRequest, "The plan does not support regular expressions."},
	codeRouteNotExist:     {http.StatusBadRequest, "The route does not exist."},
	codeRouteNotFound:     {http.StatusNotFound, "The configuration does not exist."},
	codeRouteExists:       {http.StatusBadRequest, "The route already exists."},
	codeRecordNotExist:    {http.StatusBadRequest, "The record does not exist."},
	codeRecordNotFound:    {http.StatusNotFound, "The record does not exist."},
	codeRecordExists:      {http.StatusBadRequest, "The record already exists."},
	codeVersionQuota:      {http.StatusBadRequest, versionQuotaMessage},
	codeRoutineQuota:      {http.StatusBadRequest, "The number of routines exceeds the quota limit."},
	codeQuotaExceeded:     {http.StatusBadRequest, versionQuotaMessage},

	codeActionNotFound:     {http.StatusNotFound, "Specified api is not found, please check your url and method."},
	codeInvalidVersion:     {http.StatusNotFound, "Specified parameter Version is not valid."},
	codeKeyNotFound:        {http.StatusNotFound, "Specified access key is not found."},
	codeMissingKey:         {http.StatusBadRequest, "AccessKeyId is mandatory for this action."},
	codeMissingToken:       {http.StatusBadRequest, "SecurityToken is mandatory for this action."},
	codeTokenMismatch:      {http.StatusBadRequest, "Specified SecurityToken mismatch with the AccessKey."},
	codeTokenExpired:       {http.StatusBadRequest, "Specified SecurityToken is expired."},
	codeSignatureMismatch:  {http.StatusBadRequest, "Specified signature is not matched with our calculation."},
	codeSignatureMissing:   {http.StatusBadRequest, "Signature is mandatory for this action."},
	codeNonceUsed:          {http.StatusBadRequest, "Specified signature nonce was used already."},
	codeNonceMissing:       {http.StatusBadRequest, "SignatureNonce is mandatory for this action."},
	codeTimeStampExpired:   {http.StatusBadRequest, "Specified time stamp or date value is expired."},
	codeTimeStampFormat:    {http.StatusBadRequest, "Specified time stamp or date value is not well formatted."},
	codeSignatureMethod:    {http.StatusBadRequest, "Specified signature method is not valid."},
	codeUnsupportedMethod:  {http.StatusMethodNotAllowed, "This http method is not supported."},
	codeUnsupportedContent: {http.StatusUnsupportedMediaType, "Specified content type is not supported."},
	codeBodyTooLarge:       {http.StatusRequestEntityTooLarge, "The request body is too large."},

	ossAccessDenied:   {http.StatusForbidden, "You have no right to access this object."},
	ossPolicyExpired:  {http.StatusForbidden, "Invalid according to Policy: Policy expired."},
	ossBadPolicy:      {http.StatusBadRequest, "Invalid Policy."},
	ossBadSignature:   {http.StatusForbidden, "The request signature we calculated does not match the signature you provided. Check your key and signing method."},
	ossUnknownKey:     {http.StatusForbidden, "The OSS Access Key Id you provided does not exist in our records."},
	ossBadToken:       {http.StatusForbidden, "The security token you provided is invalid."},
	ossMalformed:      {http.StatusBadRequest, "The body of your POST request is not well-formed multipart/form-data."},
	ossFileCount:      {http.StatusBadRequest, "POST requires exactly one file upload per request."},
	ossMissing:        {http.StatusBadRequest, "Bucket POST must contain the fields OSSAccessKeyId, Signature, policy and key."},
	ossTooLarge:       {http.StatusBadRequest, "Your proposed upload exceeds the maximum allowed size."},
	ossMethod:         {http.StatusMethodNotAllowed, "The specified method is not allowed against this resource."},
	ossNotMultipart:   {http.StatusPreconditionFailed, "Bucket POST must be of the enclosure-type multipart/form-data."},
	ossRequestTimeout: {http.StatusBadRequest, "Your socket connection to the server was not read from or written to within the timeout period."},
}

// refuse makes the error of a known code; the reason is for the call log.
func refuse(code, reason string, args ...any) *apiError {
	known, ok := knownErrors[code]
	if !ok {
		panic("esasim: no message is known for code " + code)
	}
	return &apiError{Status: known.status, Code: code, Message: known.message, Reason: fmt.Sprintf(reason, args...)}
}

// Error makes apiError an error, for the methods that act without a request.
func (e *apiError) Error() string {
	if e.Reason == "" {
		return e.Code + ": " + e.Message
	}
	return e.Code + ": " + e.Reason
}
