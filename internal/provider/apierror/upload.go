package apierror

import "terraform-provider-esa/internal/esa"

// uploadAdvice returns what to say of a failed upload. OSS, the object store that takes it, is another service than ESA: the same
// code means something else there, and it was signed with a key of ESA's own.
func uploadAdvice(failure *esa.Error) advice {
	const network = "Check the network, the proxy settings (HTTPS_PROXY, NO_PROXY) and that this machine may reach Alibaba Cloud's object store (*.aliyuncs.com), then apply again."
	switch {
	case esa.IsUploadPolicyExpired(failure):
		return advice{
			"The permission to upload has expired. It is valid for about five minutes.",
			"Apply again. If the error persists, the connection is too slow for the size of the files, or the clock of this machine or of a proxy is wrong.",
		}
	case failure.Kind == esa.Refused && failure.Code == "EntityTooLarge":
		return advice{"The zip is too large for the object store.", "Publish fewer or smaller files. ESA's quotas limit the size of a code version."}
	case failure.Kind == esa.Refused:
		return advice{"The object store rejected the upload.", "Apply again. If the error persists, give the RequestId below to Alibaba Cloud support."}
	case failure.Kind == esa.Unreadable:
		return advice{"The response to the upload did not come from the object store but from a gateway, a proxy or another server.", network}
	case failure.Kind == esa.Broken:
		return advice{"The connection of the upload failed or stalled.", network}
	case failure.Kind == esa.Unreachable:
		return advice{"The object store could not be reached.", network}
	case failure.Kind == esa.Untrusted:
		return advice{
			"The identity of the object store could not be verified, so nothing was uploaded.",
			"For a proxy or a private certificate authority, set SSL_CERT_FILE to its certificate. Certificates are always verified.",
		}
	default:
		return advice{"The upload failed.", "If the message below does not help, report this to the provider developers."}
	}
}
