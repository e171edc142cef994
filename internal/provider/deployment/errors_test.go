package deployment_test

import (
	"cmp"
	"fmt"
	"net"
	"regexp"
	"strings"
	"testing"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

// TestAccDeploymentErrors reads the messages that someone on call gets to see.
func TestAccDeploymentErrors(t *testing.T) {
	t.Parallel()
	hello := release(shares(share(stable, 100)))
	fault := func(operation string, rule esasim.Rule) func(*acceptance.Simulated) {
		rule.Operation = operation
		return func(simulator *acceptance.Simulated) { simulator.Inject(rule) }
	}
	at := func(endpoint string) func(string) string {
		return func(block string) string {
			return regexp.MustCompile(`endpoint .*`).ReplaceAllString(block, fmt.Sprintf("endpoint = %q", endpoint))
		}
	}
	for name, test := range map[string]struct {
		prepare  func(*acceptance.Simulated)
		config   string
		provider func(block string) string
		want     []string
	}{
		"an unknown routine": {
			config: strings.Replace(hello, `"hello"`, `"unknown"`, 1),
			want: []string{
				"Cannot create the deployment",
				"ESA has no routine of this name in this account.",
				"What to do: check the name",
				"Operation: GetRoutine Routine: unknown Code: RoutineNotExist HTTP status: 400",
				"RequestId:",
			},
		},
		"a version that vanishes between plan and apply": {
			prepare: fault("CreateRoutineCodeDeployment", esasim.Rule{Fault: esasim.ChosenError, Status: 400, Code: "ParameterNotExist", Message: "The specified parameter does not exist."}),
			want:    []string{"ESA did not find something that the request refers to, most likely a code version."},
		},
		"a refused parameter while versions cannot be checked": {
			prepare: func(simulator *acceptance.Simulated) {
				odd := esasim.Rule{Operation: "CreateRoutineCodeDeployment", Fault: esasim.ChosenError, Status: 400, Code: "InvalidParameter", Message: "Something is odd."}
				odd.Then = func() {
					simulator.Inject(esasim.Rule{Operation: "GetRoutineCodeVersionInfo", Fault: esasim.ChosenError, Status: 400, Code: "Routine.SomethingNew", Message: "Something new."})
				}
				simulator.Inject(odd)
			},
			config: "resource \"terraform_data\" \"version\" {\n  input = \"" + stable + "\"\n}\n" +
				release(shares(`{ code_version = terraform_data.version.output, percentage = 100 }`)),
			want: []string{"Cannot create the deployment", "ESA rejected a parameter of the request.", "Operation: CreateRoutineCodeDeployment", "Code: InvalidParameter", "Message: Something is odd."},
		},
		"throttled until the time is up": {
			prepare: fault("CreateRoutineCodeDeployment", esasim.Rule{Fault: esasim.Throttled}),
			config:  release(shares(share(stable, 100)), `timeouts = { create = "2s" }`),
			want:    []string{"The operation timed out after", "attempts. Set timeouts.create to change the time limit.", "Last error: ESA throttled the requests of this account.", "Code: Throttling.User"},
		},
		"a split that does not become live in time": {
			prepare: func(simulator *acceptance.Simulated) {
				simulator.Inject(esasim.Rule{Operation: "GetRoutine", Fault: esasim.Stale})
			},
			config: release(shares(share(stable, 100)), `timeouts = { create = "2s" }`),
			want:   []string{"Deployment did not become live", "the state holds it", "planned: 100% " + stable, "last read: nothing", "The operation timed out", "The next apply adopts the deployment and does not create a second one", "run terraform untaint"},
		},
		"someone else deploys while the new split becomes live": {
			prepare: func(simulator *acceptance.Simulated) {
				simulator.Inject(esasim.Rule{Operation: "CreateRoutineCodeDeployment", Fault: esasim.NoFault, Times: 1, Then: func() {
					simulator.Deploy(routine, "production", all(third)...)
				}})
			},
			want: []string{"Deployment did not become live", "last read: 100% " + third, "Someone else has deployed in the meantime."},
		},
		"no one listens": {
			provider: at("http://" + closedAddress(t)),
			want:     []string{"ESA could not be reached.", "check the endpoint (endpoint, ESA_ENDPOINT, region)", "Message: cannot connect: dial tcp", "connection refused"},
		},
		"a server that speaks no TLS": {
			provider: func(block string) string { return strings.Replace(block, "http://", "https://", 1) },
			want:     []string{"the server does not speak TLS (HTTPS) on this port"},
		},
		"a certificate that no one trusts": {
			provider: at(esasim.StartTLS(t).URL),
			want:     []string{"set SSL_CERT_FILE to its certificate. Certificates are always verified", "the server's certificate is not trusted: x509: certificate signed by unknown authority"},
		},
		"an unknown region": {
			provider: func(block string) string {
				return strings.Replace(block, "provider \"esa\" {", "provider \"esa\" {\n  region = \"eu-central-1\"", 1)
			},
			want: []string{"Unknown region", `The attribute region: must be one of the regions where ESA has an endpoint (cn-hangzhou, ap-southeast-1), got: "eu-central-1".`},
		},
		"plain http to the world": {
			provider: at("http://esa.cn-hangzhou.aliyuncs.com"),
			want:     []string{"Invalid endpoint", "http:// is accepted only for a loopback address such as http://127.0.0.1:8080"},
		},
		"a key without its secret": {
			provider: func(block string) string { return regexp.MustCompile(`secret_key = .*`).ReplaceAllString(block, "") },
			want:     []string{"The provider block sets access_key, but not secret_key."},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simulator := simulate(t)
			if test.prepare != nil {
				test.prepare(simulator)
			}
			terraform := simulator.Workspace(t)
			terraform.Configure(cmp.Or(test.config, hello))
			if test.provider != nil {
				terraform.Write("provider.tf", test.provider(simulator.ProviderBlock()))
			}
			acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 1, test.want...)
		})
	}
}

// closedAddress is an address where no one listens.
func closedAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}
