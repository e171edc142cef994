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
	for name, test := range map[string]struct {
		config string
		want   string
	}{
		"sum below 100": {
			release(shares(share(stable, 60), share(candidate, 30))),
			`code_versions: the percentages must sum to 100, got: 90 (60 + 30).`,
		},
		"sum above 100": {
			release(shares(share(stable, 60), share(candidate, 60))),
			`code_versions: the percentages must sum to 100, got: 120 (60 + 60).`,
		},
		"one version below 100": {
			release(shares(share(stable, 40))),
			`code_versions[0].percentage: must be 100, got: 40; a single code version serves every request.`,
		},
		"zero": {
			release(shares(share(stable, 100), share(candidate, 0))),
			`code_versions[1].percentage: must not be 0; remove the code version instead`,
		},
		"negative": {
			release(shares(share(stable, -10), share(candidate, 110))),
			`code_versions[0].percentage: must be a whole number between 1 and 100, got: -10.`,
		},
		"above 100": {
			release(shares(share(stable, 101))),
			`code_versions[0].percentage: must be a whole number between 1 and 100, got: 101.`,
		},
		"a fraction": {
			release(shares(share(stable, 99.5), share(candidate, 0.5))),
			`code_versions[0].percentage: must be a whole number between 1 and 100, got: 99.5.`,
		},
		"a third": {
			release(shares(share(stable, "100/3"), share(candidate, "200/3"))),
			`code_versions[0].percentage: must be a whole number between 1 and 100, got: 33.33333….`,
		},
		"not a number": {
			release(shares(share(stable, `"most"`))),
			`Inappropriate value for attribute "code_versions": a number is required.`,
		},
		"the same version twice": {
			release(shares(share(stable, 50), share(stable, 50))),
			`code_versions[1].code_version: must be listed once, got "1723599747213377175" twice`,
		},
		"an empty version": {
			release(shares(share("", 100))),
			`code_versions[0].code_version: must not be empty; write the number of a code version`,
		},
		"white space in a version": {
			release(shares(share("1723599747213377175\n", 100))),
			`code_versions[0].code_version: must not contain white space, got: "1723599747213377175\n".`,
		},
		"no version": {
			release(shares()),
			`code_versions: must have 1 or 2 code versions, got: 0.`,
		},
		"three versions": {
			release(shares(share(stable, 50), share(candidate, 25), share(third, 25))),
			`code_versions: must have 1 or 2 code versions, got: 3.`,
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
		"an unknown environment": {
			releaseTo("prod", shares(share(stable, 100))),
			`Attribute env value must be one of: ["staging" "production"], got: "prod"`,
		},
		"an unknown strategy": {
			release(shares(share(stable, 100)), `strategy = "weight"`),
			`Attribute strategy value must be one of: ["percentage"], got: "weight"`,
		},
		"an empty name": {
			strings.Replace(release(shares(share(stable, 100))), `"hello"`, `""`, 1),
			`Attribute name must have at least two characters, of which the first is a lowercase letter and the others are lowercase letters, digits or hyphens, got: `,
		},
		"a colon in the name": {
			strings.Replace(release(shares(share(stable, 100))), `"hello"`, `"hello:world"`, 1),
			`Attribute name must have at least two characters, of which the first is a lowercase letter and the others are lowercase letters, digits or hyphens, got: hello:world`,
		},
		"a name that no routine can have": {
			strings.Replace(release(shares(share(stable, 100))), `"hello"`, `"Hello"`, 1),
			`Attribute name must have at least two characters, of which the first is a lowercase letter and the others are lowercase letters, digits or hyphens, got: Hello`,
		},
		"a timeout that is none": {
			release(shares(share(stable, 100)), `timeouts = { create = "soon" }`),
			`"soon" must be a string containing a sequence of decimal numbers`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simulator := simulate(t)
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: simulator.Factories(),
				Steps: []resource.TestStep{{
					Config:      simulator.Config(test.config),
					PlanOnly:    true,
					ExpectError: acceptance.Loosely(test.want),
				}},
			})
			if calls := simulator.Count(""); calls != 0 {
				t.Errorf("an invalid configuration made %d calls, want none", calls)
			}
		})
	}
}

func TestAccDeploymentImport(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"hello":              `The id must be the name of a routine and one of its environments (staging, production), such as "hello:production", got: "hello".`,
		"hello:prod":         `such as "hello:production", got: "hello:prod"`,
		":production":        `such as "hello:production", got: ":production"`,
		"hello:production:x": `such as "hello:production", got: "hello:production:x"`,
		"hello:staging":      `Cannot import non-existent remote object`,
		"unknown:production": `Cannot import non-existent remote object`,
		" ":                  `such as "hello:production", got: " "`,
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			simulator := simulate(t)
			simulator.Deploy(routine, "production", all(stable)...)
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: simulator.Factories(),
				Steps: []resource.TestStep{{
					Config:        simulator.Config(release(shares(share(stable, 100)))),
					ResourceName:  address,
					ImportState:   true,
					ImportStateId: id,
					ExpectError:   acceptance.Loosely(want),
				}},
			})
		})
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
