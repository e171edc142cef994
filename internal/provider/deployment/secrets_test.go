package deployment_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

// TestAccDeploymentSecretsStaySecret runs plan, apply and failures with every log there is, and looks for the secrets in all
// that is printed and saved.
func TestAccDeploymentSecretsStaySecret(t *testing.T) {
	t.Parallel()
	const secret, token = "s3cr3t/that+must=stay", "t0ken/that+must=stay"
	simulator := simulate(t, esasim.WithSecurityToken("STS.NTKeyOfTheTest", secret, token))
	terraform := acceptance.NewWorkspace(t, "ESA_ENDPOINT="+simulator.URL, "ALIBABA_CLOUD_ACCESS_KEY_ID=STS.NTKeyOfTheTest",
		"ALIBABA_CLOUD_ACCESS_KEY_SECRET="+secret, "ALIBABA_CLOUD_SECURITY_TOKEN="+token)
	everything := []string{"TF_LOG=TRACE", "TF_LOG_CORE=TRACE", "TF_LOG_PROVIDER=TRACE", "TF_LOG_SDK=TRACE", "DEBUG=sdk,signer,tea,credential"}
	printed := ""
	run := func(exitCode int, environment []string, arguments ...string) {
		t.Helper()
		result := terraform.Start(append(everything, environment...), arguments...).Wait()
		acceptance.Expect(t, arguments[0], result, exitCode)
		printed += result.Output
	}

	terraform.Configure(release(shares(share(stable, 100)), `timeouts = { read = "1s" }`))
	run(0, nil, "apply", "-auto-approve")
	run(0, nil, "plan", "-out=saved")
	run(0, nil, "show", "-json", "saved")
	// An answer that repeats what it was sent, a connection that breaks, a wrong secret, and no one who listens.
	simulator.Inject(esasim.Rule{Operation: "GetRoutine", Fault: esasim.ChosenError, Times: 1, Status: 400, Code: "Odd", Message: "You sent " + secret + " and " + url.QueryEscape(token)})
	run(1, nil, "plan")
	simulator.Inject(esasim.Rule{Operation: "GetRoutine", Fault: esasim.ResetBefore, Times: 1})
	run(0, nil, "plan")
	run(1, []string{"ALIBABA_CLOUD_ACCESS_KEY_SECRET=another-s3cr3t"}, "plan")
	run(1, []string{"ESA_ENDPOINT=http://" + closedAddress(t)}, "plan")

	if !strings.Contains(printed, "ESA request") || !strings.Contains(printed, "request_id") {
		t.Error("the log has no line about a request, so this test looks at nothing")
	}
	printed += terraform.State()
	secrets := map[string]string{"the secret": secret, "the token": token, "the other secret": "another-s3cr3t"}
	for number, call := range simulator.Calls() {
		secrets[fmt.Sprintf("signature %d", number)] = call.Query.Get("Signature")
	}
	for name, value := range secrets {
		for _, form := range []string{value, url.QueryEscape(value), url.QueryEscape(url.QueryEscape(value))} {
			if at := strings.Index(printed, form); value != "" && at >= 0 {
				t.Errorf("%s was printed or saved: …%s…", name, printed[max(0, at-200):at])
			}
		}
	}
}
