package apierror

import "terraform-provider-esa/internal/esa"

// uploadAdvice returns what to say of a failed upload. OSS, the object store that takes it, is another service than
// ESA: the same code means something else there, and it was signed with a key of ESA's own.
func uploadAdvice(failure *esa.Error) advice {
	const network = "Check the network, the proxy settings (HTTPS_PROXY, NO_PROXY) and that this machine may reach Alibaba Cloud's object store (*.aliyuncs.com), then apply again."
	switch {
	case esa.IsUploadPolicyExpired(failure):
		return advice{
			"The object store found the permission to upload expired; it lasts about five minutes.",
			"Apply again. If it lasts, the connection is too slow for the size of the files, or the clock of this machine or of a proxy is wrong.",
		}
	case failure.Kind == esa.Refused && failure.Code == "EntityTooLarge":
		return advice{"The object store found the zip too large.", "Publish fewer or smaller files; ESA's quotas say how large a code version may be."}
	case failure.Kind == esa.Refused:
		return advice{"The object store refused the upload.", "Apply again. If it lasts, give the RequestId below to Alibaba Cloud's support."}
	case failure.Kind == esa.Unreadable:
		return advice{"Something answered the upload, but not as Alibaba Cloud's object store does: a gateway, a proxy or another server.", network}
	case failure.Kind == esa.Broken:
		return advice{"The connection of the upload broke or stalled.", network}
	case failure.Kind == esa.Unreachable:
		return advice{"The object store could not be reached.", network}
	case failure.Kind == esa.Untrusted:
		return advice{
			"The server at the address of the upload could not be trusted to be Alibaba Cloud's object store, so nothing was sent to it.",
			"Where a proxy or a private certificate authority stands between, name its certificate with SSL_CERT_FILE; certificates are always verified.",
		}
	default:
		return advice{"The upload could not be made.", "If the message below does not help, please report this to the provider's developers."}
	}
}
