package apierror

import (
	"cmp"
	"fmt"

	"terraform-provider-esa/internal/esa"
)

// advice says of an error what happened and what to do about it.
type advice struct {
	happened string
	remedy   string
}

// byCode is what ESA's error codes mean to a user of this provider. The first seven are those of the reference page of
// CreateRoutineCodeDeployment; the others were seen on its family of operations.
var byCode = map[string]advice{
	"RoutineNotExist": {
		"ESA has no routine of this name in this account.",
		"Check the name, and that the provider uses the account and the region (cn-hangzhou for China accounts, ap-southeast-1 for international ones) in which the routine was made.",
	},
	"ParameterNotExist": {
		"ESA does not know something that the request names.",
		"Compare the message below with the configuration, and check that what it names was not deleted.",
	},
	"InvalidParameter": {
		"ESA refused a parameter of the request.",
		"Compare the message below with the configuration.",
	},
	"DependedByOthers": {
		"ESA refused because something else still depends on this, such as an environment that serves the code version.",
		"Move the environment to another split first, then try again.",
	},
	"RoutineUserServiceStatusHalt": {
		"ESA has suspended the account's routine service because of overdue payment.",
		"Settle the account's bill in the Alibaba Cloud console; nothing can be changed before. The environments keep what they serve as far as ESA still serves them.",
	},
	"InternalException": {
		"ESA kept failing internally.",
		"Try again later. If it lasts, give the RequestId below to Alibaba Cloud's support.",
	},
	"InternalOperationError": {
		"ESA kept failing internally.",
		"Try again later. If it lasts, give the RequestId below to Alibaba Cloud's support.",
	},
	"LockFailed": {
		"Another change to this account's routines held ESA's lock the whole time.",
		"Look for another pipeline that changes the same routine and wait until it ends, then try again. A longer timeout helps where many changes queue.",
	},
	"Site.ServiceBusy": {
		"ESA was busy with other changes of this account the whole time.",
		"Wait a little and try again, or raise the timeout.",
	},
	"TooManyRequests": {
		"ESA kept refusing the call: too many changes at once in this account.",
		"Try again with a lower -parallelism, or raise the timeout.",
	},
	"ServiceUnavailable": {
		"ESA was not available.",
		"Try again later; Alibaba Cloud's status page tells of incidents.",
	},
	"RoutineAlreadyExist":      routineTaken,
	"RoutineNameAlreadyExist":  routineTaken,
	"RoutineNameAlreadyExists": routineTaken,
	"SignatureDoesNotMatch": {
		"ESA found that the request is not signed with the secret of this access key.",
		"Check the access key secret (secret_key or ALIBABA_CLOUD_ACCESS_KEY_SECRET): a character lost in copying, a trailing space or line break, or the secret of another key.",
	},
	"SignatureNonceUsed": {
		"ESA took the request for a repetition of an earlier one.",
		"Try again. If it lasts, a proxy on the way repeats requests.",
	},
	"InvalidTimeStamp.Expired": {
		"ESA found the request's time too far from its own.",
		"Set this machine's clock (NTP); it may be off by at most 15 minutes.",
	},
	"InvalidSecurityToken.Expired": {
		"The security token of the temporary access key has expired.",
		"Get new temporary credentials, with a longer lifetime where a run takes longer than they last.",
	},
}

// routineTaken serves the codes that ESA has for a name that is taken.
var routineTaken = advice{"A routine of this name already exists.", "Import it, or choose another name."}

// securityTokenAdvice serves the codes that say the same of a security token.
var securityTokenAdvice = advice{
	"ESA did not accept the security token, or misses one.",
	"A temporary access key works only together with its own security token (security_token or ALIBABA_CLOUD_SECURITY_TOKEN); a permanent one must have none.",
}

// adviceFor returns what to say of a failure. What is true of a write alone is said of a write alone.
func adviceFor(failure *esa.Error) advice {
	if failure.Operation == esa.UploadOperation {
		return uploadAdvice(failure)
	}
	said := adviceForKind(failure)
	if failure.Uncertain() {
		said.happened += " It is not known whether ESA carried out this call."
		said.remedy += " Then run terraform plan, which shows the current state."
	}
	return said
}

func adviceForKind(failure *esa.Error) advice {
	switch failure.Kind {
	case esa.Refused:
		return adviceForCode(failure)
	case esa.Unreadable:
		return advice{
			"Something answered, but not as ESA does: a gateway, a proxy or another server.",
			"Check the endpoint and the proxy settings (endpoint, ESA_ENDPOINT, HTTPS_PROXY, NO_PROXY). If both are right, ESA's gateway has trouble: try again later.",
		}
	case esa.Broken:
		return advice{
			"The connection to ESA broke, or ESA did not answer in time.",
			"Check the network and the proxy settings of this machine (HTTPS_PROXY, NO_PROXY), then try again.",
		}
	case esa.Unreachable:
		return advice{
			"ESA could not be reached.",
			"Check the endpoint (endpoint, ESA_ENDPOINT, region), the name resolution, the network and the proxy settings (HTTPS_PROXY, NO_PROXY) of this machine.",
		}
	case esa.Untrusted:
		return advice{
			"The server at the endpoint could not be trusted to be ESA, so the request was not sent or not believed.",
			"Check the endpoint. Where a proxy or a private certificate authority stands between, name its certificate with SSL_CERT_FILE; certificates are always verified.",
		}
	case esa.Unauthenticated:
		return advice{
			"The request could not be signed.",
			"Check the credentials of the provider block and the environment.",
		}
	default:
		return advice{"The call failed inside the provider.", "If the message below does not help, please report this to the provider's developers."}
	}
}

// byOperation is what a code means for one operation, where it means more than byCode says.
var byOperation = map[string]map[string]advice{
	"CreateRoutineCodeDeployment": {
		"ParameterNotExist": {
			"ESA does not know something that the request names, most likely a code version.",
			"Check that each code_version belongs to this routine and was not deleted; the ESA console lists them under the routine's versions.",
		},
		"InvalidParameter": {
			"ESA refused a parameter of the request.",
			"Compare the message below with the configuration. If the configuration looks right, the code version may not be built yet.",
		},
	},
	"SetRoutineEnvironmentVariables": {
		"InvalidParameter": {
			"ESA refused a variable.",
			"Compare the keys and values with ESA's limits; the message of ESA is not shown, because it may contain a secret.",
		},
	},
}

func adviceForCode(failure *esa.Error) advice {
	if known, ok := byOperation[failure.Operation][failure.Code]; ok {
		return known
	}
	if known, ok := byCode[failure.Code]; ok {
		return known
	}
	switch failure.Code {
	case "InvalidAccessKeyId.NotFound", "InvalidAccessKeyId", "InvalidAccessKeyId.Inactive", "Forbidden.AccessKeyDisabled":
		return advice{
			fmt.Sprintf("ESA does not know the access key %s, or it is disabled.", failure.AccessKeyID),
			"Check access_key or ALIBABA_CLOUD_ACCESS_KEY_ID, that the key is enabled in the RAM console, and that region fits the account (cn-hangzhou for China accounts, ap-southeast-1 for international ones).",
		}
	case "MissingSecurityToken", "InvalidSecurityToken", "InvalidSecurityToken.Malformed", "InvalidSecurityToken.MismatchWithAccessKey":
		return securityTokenAdvice
	}
	if esa.IsPermissionMissing(failure) {
		action := cmp.Or(failure.AccessDenied, "esa:"+failure.Operation)
		return advice{
			fmt.Sprintf("The access key %s may not do this.", failure.AccessKeyID),
			fmt.Sprintf("Grant its RAM user or role the action %s, for example with a RAM policy on the resource \"*\".", action),
		}
	}
	if esa.Throttled(failure.Code) {
		return advice{
			"ESA throttled the calls of this account the whole time.",
			"Try again with a lower -parallelism, raise the timeout, or find what else calls ESA with this account.",
		}
	}
	return advice{"ESA refused the call.", "See the code and the message below; the code is explained in the API reference of the operation."}
}
