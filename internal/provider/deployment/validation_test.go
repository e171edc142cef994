package deployment_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"terraform-provider-esa/internal/acceptance"
)

func TestAccDeploymentValidation(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	simulator.ExpectErrors(t, map[string]struct{ HCL, Error string }{
		"sum below 100": {
			release(shares(share(stable, 60), share(candidate, 30))),
			`code_versions: the percentages must sum to 100, got: 90 (60 + 30).`,
		},
		"zero": {
			release(shares(share(stable, 100), share(candidate, 0))),
			`code_versions[1].percentage: must not be 0; remove the code version instead`,
		},
		"not a number": {
			release(shares(share(stable, `"most"`))),
			`Inappropriate value for attribute "code_versions": a number is required.`,
		},
		"an empty version": {
			release(shares(share("", 100))),
			`code_versions[0].code_version: must not be empty; write the number of a code version`,
		},
		"white space in a version": {
			release(shares(share("1723599747213377175\n", 100))),
			`code_versions[0].code_version: must not contain white space, got: "1723599747213377175\n".`,
		},
		"a null version": {
			release(shares(share(stable, 50), "null")),
			`Null List Value`,
		},
		"one known share of 100 beside an unknown one": {
			"resource \"terraform_data\" \"share\" {\n  input = 1\n}\n" +
				release(shares(share(stable, 100), share(candidate, "terraform_data.share.output"))),
			`code_versions[0].percentage: must be at most 99, got: 100, which leaves nothing for the other code version.`,
		},
		"a timeout that is none": {
			release(shares(share(stable, 100)), `timeouts = { create = "soon" }`),
			`"soon" must be a string containing a sequence of decimal numbers`,
		},
	})
	if calls := simulator.Count(""); calls != 0 {
		t.Errorf("invalid configurations made %d calls, want none", calls)
	}
}

func TestAccDeploymentImport(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t)
	simulator.Deploy(routine, "production", all(stable)...)
	terraform.Configure(release(shares(share(stable, 100))))
	for id, want := range map[string]string{
		"hello":              `The id must be the name of a routine and one of its environments (staging, production), such as "hello:production", got: "hello".`,
		"hello:prod":         `such as "hello:production", got: "hello:prod"`,
		":production":        `such as "hello:production", got: ":production"`,
		"hello:production:x": `such as "hello:production", got: "hello:production:x"`,
		"hello:staging":      `Cannot import non-existent remote object`,
		"unknown:production": `Cannot import non-existent remote object`,
		" ":                  `such as "hello:production", got: " "`,
	} {
		acceptance.Expect(t, id, terraform.Run("import", address, id), 1, want)
	}
}

// TestAccDeploymentImportBlock imports what is live, larger share first, by an import block, and plans nothing after it.
func TestAccDeploymentImportBlock(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	simulator.Deploy(routine, "production", esaShares(candidate, 10, stable, 90)...)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: simulator.Factories(),
		Steps: []resource.TestStep{
			{
				Config: simulator.Config(fmt.Sprintf("import {\n  to = %s\n  id = \"hello:production\"\n}\n", address) +
					release(shares(share(stable, 90), share(candidate, 10)))),
				Check: deployments(simulator, 0),
			},
			{
				Config:   simulator.Config(release(shares(share(stable, 90), share(candidate, 10)))),
				PlanOnly: true,
			},
		},
	})
}

// TestAccDeploymentImportByIdentity needs an engine that knows resource identity.
func TestAccDeploymentImportByIdentity(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: simulator.Factories(),
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_12_0)},
		Steps: []resource.TestStep{
			{
				Config: simulator.Config(release(shares(share(stable, 100)))),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectIdentity(address, map[string]knownvalue.Check{
						"name": knownvalue.StringExact(routine), "env": knownvalue.StringExact("production"),
					}),
				},
			},
			{
				ResourceName:    address,
				ImportState:     true,
				ImportStateKind: resource.ImportBlockWithResourceIdentity,
			},
			{
				Config: simulator.Config(fmt.Sprintf("import {\n  to = esa_routine_code_deployment.other\n  identity = { name = %q, env = \"prod\" }\n}\n", routine) +
					release(shares(share(stable, 100))) + strings.Replace(releaseTo("staging", shares(share(stable, 100))), `"test"`, `"other"`, 1)),
				ExpectError: acceptance.Loosely(`such as "hello:production", got: "hello:prod"`),
			},
		},
	})
}
