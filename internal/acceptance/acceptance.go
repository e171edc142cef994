// Package acceptance runs the provider under a real Terraform or OpenTofu against the simulator, for the acceptance
// tests of every resource. With ESA_ACC_LIVE=1 the tests that are safe there run against the real service instead.
package acceptance

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/provider"
)

// Factories are the provider servers that a test case runs with.
type Factories = map[string]func() (tfprotov6.ProviderServer, error)

// RetryPolicy is the policy of the tests: the pauses of production, a thousand times shorter.
var RetryPolicy = esa.RetryPolicy{Initial: time.Millisecond, Max: 20 * time.Millisecond, UnreachableFor: 300 * time.Millisecond}

// Simulated is a simulator and a provider that talks to it.
type Simulated struct {
	*esasim.Server
	// Options change the provider beyond [RetryPolicy].
	Options []provider.Option
}

// Simulate starts a simulator for one test.
func Simulate(t *testing.T, options ...esasim.Option) *Simulated {
	t.Helper()
	return &Simulated{Server: esasim.Start(t, options...)}
}

// Factories returns the provider of the test, with pauses that suit it.
func (s *Simulated) Factories() Factories {
	return factories(append([]provider.Option{provider.WithRetryPolicy(RetryPolicy)}, s.Options...)...)
}

// Config puts the provider block for the simulator before some HCL.
func (s *Simulated) Config(hcl string) string {
	return s.ProviderBlock() + hcl
}

// ProviderBlock is the provider block for the simulator.
func (s *Simulated) ProviderBlock() string {
	return fmt.Sprintf("provider \"esa\" {\n  endpoint   = %q\n  access_key = %q\n  secret_key = %q\n}\n",
		s.URL, esasim.AccessKeyID, esasim.AccessKeySecret)
}

func factories(options ...provider.Option) Factories {
	made := provider.New("test", options...)
	return Factories{provider.TypeName: func() (tfprotov6.ProviderServer, error) { return provider.NewServer(made()), nil }}
}

// Backend is where a test that is safe on the real service runs: the simulator or the service itself.
type Backend struct {
	// Factories and ProviderBlock make the provider talk to the backend.
	Factories     Factories
	ProviderBlock string
	// Routine is a routine that has CodeVersions, both available.
	Routine      string
	CodeVersions [2]string
	// Simulator is nil if the backend is the real service.
	Simulator *esasim.Server
}

// Either returns the simulator with a routine of two versions or, where ESA_ACC_LIVE=1, the real service with the
// routine and the two versions that ESA_ACC_ROUTINE and ESA_ACC_CODE_VERSIONS ("first,second") name. The tests that use
// it touch the staging environment of that routine and nothing else.
func Either(t *testing.T) Backend {
	t.Helper()
	if os.Getenv("ESA_ACC_LIVE") != "1" {
		simulated := Simulate(t)
		backend := Backend{
			Factories: simulated.Factories(), ProviderBlock: simulated.ProviderBlock(), Simulator: simulated.Server,
			Routine: "hello", CodeVersions: [2]string{"1723599747213377175", "1723599747213377176"},
		}
		simulated.AddRoutine(backend.Routine)
		for _, version := range backend.CodeVersions {
			simulated.AddCodeVersion(backend.Routine, version)
		}
		return backend
	}
	backend := Backend{Factories: factories(), Routine: os.Getenv("ESA_ACC_ROUTINE")}
	first, second, found := strings.Cut(os.Getenv("ESA_ACC_CODE_VERSIONS"), ",")
	if backend.Routine == "" || !found {
		t.Fatal("ESA_ACC_LIVE=1 needs ESA_ACC_ROUTINE, the name of a routine whose staging environment the tests may change, and ESA_ACC_CODE_VERSIONS, two of its versions with a comma between them")
	}
	backend.CodeVersions = [2]string{first, second}
	return backend
}
