package apierror

import (
	"cmp"
	"fmt"

	"terraform-provider-esa/internal/esa"
)

// advice says what happened and what to do.
type advice struct {
	happened string
	remedy   string
}

// byCode is what ESA's error codes mean to a user of this provider. The first seven are those of the reference page of
// CreateRoutineCodeDeployment; the others were seen on its family of operations.
var byCode = map[string]advice{
	"RoutineNotExist": {
		"ESA has no routine of this name in this account.",
		"Check the name, and that the provider uses the account and the region (cn-hangzhou for China accounts, ap-southeast-1 for international ones) where the routine was created.",
	},
	"ParameterNotExist": {
		"ESA did not find something that the request refers to.",
		"Compare the message below with the configuration, and check whether the object was deleted.",
	},
	"InvalidParameter": {
		"ESA rejected a parameter of the request.",
		"Compare the message below with the configuration.",
	},
	"DependedByOthers": {
		"ESA rejected the request because something else depends on this object.",
		"Check the message below for what depends on it, and remove that first.",
	},
	"CompileRuleError": {
		"ESA rejected the rule.",
		"Check the syntax and the fields of the rule. The function provider::esa::route_rule builds a rule from a route such as www.example.com/path/*.",
	},
	"RuleRegexQuotaCheckFailed": {
		"The plan of the site does not support regular expressions in rules.",
		"Write the rule without the operator matches, or upgrade the plan of the site.",
	},
	"RoutineNumberExceedQuotaLimit": {
		"The account has as many routines as its quota allows.",
		"Delete a routine that is no longer needed, or ask Alibaba Cloud for a higher quota.",
	},
	"RoutineUserServiceStatusHalt": {
		"ESA has suspended the account's routine service because of overdue payment.",
		"Pay the outstanding bill in the Alibaba Cloud console. No changes are possible until then.",
	},
	"InternalException": {
		"ESA reported an internal error.",
		"Try again later. If the error persists, give the RequestId below to Alibaba Cloud support.",
	},
	"InternalOperationError": {
		"ESA reported an internal error.",
		"Try again later. If the error persists, give the RequestId below to Alibaba Cloud support.",
	},
	"LockFailed": {
		"Another change to this account's routines holds the lock.",
		"Wait until other pipelines that change this routine are done, then try again. If many changes queue, increase the timeout.",
	},
	"Site.ServiceBusy": {
		"ESA is busy with other changes of this account.",
		"Try again in a few minutes, or increase the timeout.",
	},
	"TooManyRequests": {
		"ESA rejected the request because of too many simultaneous changes in this account.",
		"Try again with a lower -parallelism, or increase the timeout.",
	},
	"ServiceUnavailable": {
		"ESA is not available.",
		"Try again later. The Alibaba Cloud status page lists incidents.",
	},
	"RoutineAlreadyExist":      routineTaken,
	"RoutineNameAlreadyExist":  routineTaken,
	"RoutineNameAlreadyExists": routineTaken,
	"SignatureDoesNotMatch": {
		"The signature of the request does not match this access key.",
		"Check the access key secret (secret_key or ALIBABA_CLOUD_ACCESS_KEY_SECRET). Common causes are a missing character, a trailing space or line break, or the secret of another key.",
	},
	"SignatureNonceUsed": {
		"ESA rejected the request as a duplicate of an earlier one.",
		"Try again. If the error persists, check whether a proxy repeats requests.",
	},
	"InvalidTimeStamp.Expired": {
		"The time of the request differs too much from ESA's clock.",
		"Synchronize this machine's clock (NTP). It may be off by at most 15 minutes.",
	},
	"InvalidSecurityToken.Expired": {
		"The security token of the temporary access key has expired.",
		"Get new temporary credentials. If a run takes longer than they are valid, request a longer lifetime.",
	},
}

// routineTaken is the advice for the codes of a name that is in use.
var routineTaken = advice{"A routine of this name already exists.", "Import it, or choose another name."}

// securityTokenAdvice is the advice for the codes of an invalid security token.
var securityTokenAdvice = advice{
	"The security token is missing or invalid.",
	"Set security_token or ALIBABA_CLOUD_SECURITY_TOKEN to the token of the temporary access key. A permanent access key must have none.",
}

// adviceFor returns the advice for a failure. Advice about effects appears only for writes.
func adviceFor(failure *esa.Error) advice {
	if failure.Operation == esa.UploadOperation {
		return uploadAdvice(failure)
	}
	said := adviceForKind(failure)
	if failure.MayHaveTakenEffect() {
		said.happened += " It is unknown whether ESA processed the request."
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
			"The response did not come from ESA but from a gateway, a proxy or another server.",
			"Check the endpoint and the proxy settings (endpoint, ESA_ENDPOINT, HTTPS_PROXY, NO_PROXY). If both are correct, ESA's gateway may be failing: try again later.",
		}
	case esa.Broken:
		return advice{
			"The connection to ESA failed, or ESA did not respond in time.",
			"Check the network and the proxy settings of this machine (HTTPS_PROXY, NO_PROXY), then try again.",
		}
	case esa.Unreachable:
		return advice{
			"ESA could not be reached.",
			"Check the endpoint (endpoint, ESA_ENDPOINT, region), the name resolution, the network and the proxy settings (HTTPS_PROXY, NO_PROXY) of this machine.",
		}
	case esa.Untrusted:
		return advice{
			"The identity of the server at the endpoint could not be verified.",
			"Check the endpoint. For a proxy or a private certificate authority, set SSL_CERT_FILE to its certificate. Certificates are always verified.",
		}
	case esa.Incomplete:
		return advice{
			"ESA did not list everything, so the provider cannot tell what else exists.",
			"Try again when no one creates or deletes objects of this kind.",
		}
	case esa.Unauthenticated:
		return advice{
			"The request could not be signed.",
			"Check the credentials of the provider block and the environment.",
		}
	default:
		return advice{"An internal error occurred in the provider.", "If the message below does not help, report this to the provider developers."}
	}
}

// byOperation has more specific advice than byCode for codes of single operations.
var byOperation = map[string]map[string]advice{
	"CreateRoutineCodeDeployment": {
		"ParameterNotExist": {
			"ESA did not find something that the request refers to, most likely a code version.",
			"Check that each code_version belongs to this routine and was not deleted. The ESA console lists the versions of a routine.",
		},
		"InvalidParameter": {
			"ESA rejected a parameter of the request.",
			"Compare the message below with the configuration. If the configuration looks right, the code version may not be built yet.",
		},
	},
	"DeleteRoutineCodeVersion": {
		"DependedByOthers": {
			"ESA rejected the request because something still depends on this code version.",
			"Move the environment to another split first, then try again.",
		},
	},
	"SetRoutineEnvironmentVariables": {
		"InvalidParameter": {
			"ESA rejected a variable.",
			"Check the keys and values against ESA's limits. ESA's message is not shown because it may contain a secret.",
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
			fmt.Sprintf("The access key %s does not exist or is disabled.", failure.AccessKeyID),
			"Check access_key or ALIBABA_CLOUD_ACCESS_KEY_ID, that the key is enabled in the RAM console, and that region fits the account (cn-hangzhou for China accounts, ap-southeast-1 for international ones).",
		}
	case "MissingSecurityToken", "InvalidSecurityToken", "InvalidSecurityToken.Malformed", "InvalidSecurityToken.MismatchWithAccessKey":
		return securityTokenAdvice
	}
	if esa.IsPermissionMissing(failure) {
		action := cmp.Or(failure.AccessDenied, "esa:"+failure.Operation)
		return advice{
			fmt.Sprintf("The access key %s has no permission for this operation.", failure.AccessKeyID),
			fmt.Sprintf("Grant its RAM user or role the action %s, for example with a RAM policy on the resource \"*\".", action),
		}
	}
	if failure.Throttled() {
		return advice{
			"ESA throttled the requests of this account.",
			"Try again with a lower -parallelism, increase the timeout, or find what else calls ESA with this account.",
		}
	}
	return advice{"ESA rejected the request.", "Check the code and the message below. The API reference of the operation explains the code."}
}
