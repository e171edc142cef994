package routine_test

import (
	"fmt"
	"regexp"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

func TestAccRoutineLifecycle(t *testing.T) {
	t.Parallel()
	bothEncodings(t, func(t *testing.T, options ...esasim.Option) {
		simulator := acceptance.Simulate(t, options...)
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: simulator.Factories(),
			CheckDestroy:             isGone(simulator),
			Steps: []resource.TestStep{
				{
					Config: simulator.Config(described("says hello")),
					ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction(address, plancheck.ResourceActionCreate),
						plancheck.ExpectKnownValue(address, attribute("id"), knownvalue.StringExact(name)),
						plancheck.ExpectUnknownValue(address, attribute("default_related_record")),
						plancheck.ExpectUnknownValue(address, attribute("has_assets")),
						plancheck.ExpectUnknownValue(address, attribute("create_time")),
					}},
					ConfigStateChecks: []statecheck.StateCheck{
						statecheck.ExpectKnownValue(address, attribute("id"), knownvalue.StringExact(name)),
						statecheck.ExpectKnownValue(address, attribute("description"), knownvalue.StringExact("says hello")),
						statecheck.ExpectKnownValue(address, attribute("default_related_record"), knownvalue.StringRegexp(regexp.MustCompile(`^hello\..*\.er\.aliyun-esa\.net$`))),
						statecheck.ExpectKnownValue(address, attribute("has_assets"), knownvalue.Bool(false)),
						statecheck.ExpectKnownValue(address, attribute("create_time"), knownvalue.StringRegexp(regexp.MustCompile(`^20..-`))),
					},
					Check: holds(simulator, "says hello"),
				},
				{
					Config: simulator.Config(described("says good bye")),
					ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
						plancheck.ExpectKnownValue(address, attribute("default_related_record"), knownvalue.NotNull()),
						plancheck.ExpectKnownValue(address, attribute("create_time"), knownvalue.NotNull()),
					}},
					Check: resource.ComposeTestCheckFunc(holds(simulator, "says good bye"), calls(simulator, "CreateRoutine", 1), calls(simulator, "UpdateRoutineConfigDescription", 1)),
				},
				{
					Config: simulator.Config(named(name, `description = "says good bye"`, `timeouts = { create = "90s", update = "90s", read = "90s", delete = "90s" }`)),
					Check:  calls(simulator, "UpdateRoutineConfigDescription", 1),
				},
				{
					Config: simulator.Config(named("hello-again", `description = "says good bye"`)),
					ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction(address, plancheck.ResourceActionReplace),
						plancheck.ExpectUnknownValue(address, attribute("create_time")),
					}},
					Check: resource.ComposeTestCheckFunc(calls(simulator, "CreateRoutine", 2), calls(simulator, "DeleteRoutine", 1)),
				},
			},
		})
		for _, call := range simulator.Calls() {
			if call.HTTPMethod != "POST" {
				t.Errorf("%s was sent with %s, want POST", call.Operation, call.HTTPMethod)
			}
		}
	})
}

// TestAccRoutineDescriptions goes through descriptions that are easily taken for something else.
func TestAccRoutineDescriptions(t *testing.T) {
	t.Parallel()
	descriptions := []string{
		"aGVsbG8=",                   // "hello" in base64
		"ZWRpdA",                     // "edit" in base64 without padding
		"YUdWc2JHOD0=",               // "hello" in base64 twice
		"blog",                       // valid base64, of "nZ "
		"日本語 – ünïcödé 🚀",            // several bytes a character
		"  spaces around, + and %&=", // what forms and signatures escape
		"two\nlines\ttabbed",
		"",
	}
	bothEncodings(t, func(t *testing.T, options ...esasim.Option) {
		simulator := acceptance.Simulate(t, options...)
		step := func(descriptions ...string) resource.TestStep {
			var checks []statecheck.StateCheck
			config := ""
			for index, description := range descriptions {
				config += fmt.Sprintf("resource \"esa_routine\" \"test%d\" {\n  name = \"routine-%[1]d\"\n  description = %q\n}\n", index, description)
				checks = append(checks, statecheck.ExpectKnownValue(fmt.Sprintf("esa_routine.test%d", index), attribute("description"), knownvalue.StringExact(description)))
			}
			return resource.TestStep{
				Config:            simulator.Config(config),
				ConfigStateChecks: checks,
				Check: func(*terraform.State) error {
					for index, description := range descriptions {
						if found, _ := routine(simulator, fmt.Sprintf("routine-%d", index)); found.Description != description {
							return fmt.Errorf("ESA holds description %q, want %q", found.Description, description)
						}
					}
					return nil
				},
			}
		}
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: simulator.Factories(),
			Steps:                    []resource.TestStep{step(descriptions...), step(slices.Repeat([]string{"another"}, len(descriptions))...), step(descriptions...)},
		})
	})
}

// TestAccRoutineNoDescription goes between no description, an empty one and a text.
func TestAccRoutineNoDescription(t *testing.T) {
	t.Parallel()
	bothEncodings(t, func(t *testing.T, options ...esasim.Option) {
		simulator := acceptance.Simulate(t, options...)
		null := statecheck.ExpectKnownValue(address, attribute("description"), knownvalue.Null())
		empty := statecheck.ExpectKnownValue(address, attribute("description"), knownvalue.StringExact(""))
		updates := func(want int) resource.TestCheckFunc {
			return calls(simulator, "UpdateRoutineConfigDescription", want)
		}
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: simulator.Factories(),
			Steps: []resource.TestStep{
				{Config: simulator.Config(named(name)), ConfigStateChecks: []statecheck.StateCheck{null}},
				{Config: simulator.Config(described("")), ConfigStateChecks: []statecheck.StateCheck{empty}, Check: updates(0)},
				{Config: simulator.Config(named(name)), ConfigStateChecks: []statecheck.StateCheck{null}, Check: updates(0)},
				{Config: simulator.Config(described("text")), Check: resource.ComposeTestCheckFunc(updates(1), holds(simulator, "text"))},
				{Config: simulator.Config(named(name)), ConfigStateChecks: []statecheck.StateCheck{null}, Check: resource.ComposeTestCheckFunc(updates(2), holds(simulator, ""))},
			},
		})
	})
}

func TestAccRoutineImport(t *testing.T) {
	t.Parallel()
	bothEncodings(t, func(t *testing.T, options ...esasim.Option) {
		for description, config := range map[string]string{
			"says hello, in words": described("says hello, in words"),
			"日本語":                  described("日本語"),
			"":                     named(name),
		} {
			t.Run(description, func(t *testing.T) {
				t.Parallel()
				simulator := acceptance.Simulate(t, options...)
				simulator.AddRoutine(name)
				simulator.SetDescription(name, description)
				resource.Test(t, resource.TestCase{
					ProtoV6ProviderFactories: simulator.Factories(),
					Steps: []resource.TestStep{
						{
							Config: simulator.Config(fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", address, name) + config),
							ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
								plancheck.ExpectResourceAction(address, plancheck.ResourceActionNoop),
							}},
							Check: resource.ComposeTestCheckFunc(calls(simulator, "CreateRoutine", 0), calls(simulator, "UpdateRoutineConfigDescription", 0)),
						},
						{Config: simulator.Config(config), ResourceName: address, ImportState: true, ImportStateId: name, ImportStateVerify: true},
					},
				})
			})
		}
	})
}

// TestAccRoutineImportOfADescriptionThatLooksEncoded reads it decoded, since nothing tells it from an encoded one, and is at
// peace after one update.
func TestAccRoutineImportOfADescriptionThatLooksEncoded(t *testing.T) {
	t.Parallel()
	simulator := acceptance.Simulate(t, esasim.WithPlainDescriptions())
	simulator.AddRoutine(name)
	simulator.SetDescription(name, "aGVsbG8=")
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: simulator.Factories(),
		Steps: []resource.TestStep{
			{
				Config: simulator.Config(fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", address, name) + described("aGVsbG8=")),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
				}},
				Check: holds(simulator, "aGVsbG8="),
			},
			{Config: simulator.Config(described("aGVsbG8=")), PlanOnly: true},
		},
	})
}

func TestAccRoutineImportByIdentity(t *testing.T) {
	t.Parallel()
	simulator := acceptance.Simulate(t)
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_12_0)},
		ProtoV6ProviderFactories: simulator.Factories(),
		Steps: []resource.TestStep{
			{
				Config: simulator.Config(described("says hello")),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectIdentity(address, map[string]knownvalue.Check{"name": knownvalue.StringExact(name)}),
				},
			},
			{ResourceName: address, ImportState: true, ImportStateKind: resource.ImportBlockWithResourceIdentity},
		},
	})
}

func TestAccRoutineImportOfSomethingElse(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"hello:production": `The id must be the name of a routine: at least two characters, of which the first is a lowercase letter and the others are lowercase letters, digits or hyphens, got: "hello:production"`,
		"Hello":            `The id must be the name of a routine: at least two characters, of which the first is a lowercase letter and the others are lowercase letters, digits or hyphens, got: "Hello"`,
		"unknown":          `Cannot import non-existent remote object`,
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			simulator := acceptance.Simulate(t)
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: simulator.Factories(),
				Steps: []resource.TestStep{{
					Config: simulator.Config(named(name)), ResourceName: address, ImportState: true, ImportStateId: id, ExpectError: acceptance.Loosely(want),
				}},
			})
		})
	}
}

func TestAccRoutineValidation(t *testing.T) {
	t.Parallel()
	for label, test := range map[string]struct{ config, want string }{
		"an empty name":          {named(""), `Attribute name must have at least two characters, of which the first is a lowercase letter and the others are lowercase letters, digits or hyphens, got: `},
		"a capital":              {named("Hello"), `Attribute name must have at least two characters, of which the first is a lowercase letter and the others are lowercase letters, digits or hyphens, got: Hello`},
		"an underscore":          {named("hello_world"), `Attribute name must have at least two characters, of which the first is a lowercase letter and the others are lowercase letters, digits or hyphens, got: hello_world`},
		"a letter with a mark":   {named("héllo"), `Attribute name must have at least two characters, of which the first is a lowercase letter and the others are lowercase letters, digits or hyphens, got: héllo`},
		"a digit first":          {named("1hello"), `Attribute name must have at least two characters, of which the first is a lowercase letter and the others are lowercase letters, digits or hyphens, got: 1hello`},
		"a hyphen first":         {named("-hello"), `Attribute name must have at least two characters, of which the first is a lowercase letter and the others are lowercase letters, digits or hyphens, got: -hello`},
		"one letter":             {named("h"), `Attribute name must have at least two characters, of which the first is a lowercase letter and the others are lowercase letters, digits or hyphens, got: h`},
		"a description of text":  {named(name, `description = ["a"]`), `Inappropriate value for attribute "description": string required`},
		"a timeout that is none": {named(name, `timeouts = { delete = "soon" }`), `"soon" must be a string containing a sequence of decimal numbers`},
		"a computed attribute":   {named(name, `create_time = "2024-08-14T01:42:27Z"`), `Cannot set value for this attribute as the provider has marked it as read-only`},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			simulator := acceptance.Simulate(t)
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: simulator.Factories(),
				Steps:                    []resource.TestStep{{Config: simulator.Config(test.config), PlanOnly: true, ExpectError: acceptance.Loosely(test.want)}},
			})
			if calls := simulator.Count(""); calls != 0 {
				t.Errorf("an invalid configuration made %d calls, want none", calls)
			}
		})
	}
}

func TestAccRoutineDrift(t *testing.T) {
	t.Parallel()
	bothEncodings(t, func(t *testing.T, options ...esasim.Option) {
		simulator := acceptance.Simulate(t, options...)
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: simulator.Factories(),
			Steps: []resource.TestStep{
				{Config: simulator.Config(described("says hello"))},
				{
					PreConfig:    func() { simulator.SetDescription(name, "someone else was here") },
					RefreshState: true, ExpectNonEmptyPlan: true,
					Check: resource.TestCheckResourceAttr(address, "description", "someone else was here"),
				},
				{
					Config: simulator.Config(described("says hello")),
					ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
					}},
					Check: holds(simulator, "says hello"),
				},
				{
					PreConfig: func() { simulator.SetDescription(name, "") },
					Config:    simulator.Config(described("says hello")),
					Check:     holds(simulator, "says hello"),
				},
			},
		})
	})
}

func TestAccRoutineDisappearance(t *testing.T) {
	t.Parallel()
	simulator := acceptance.Simulate(t)
	config := simulator.Config(described("says hello"))
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: simulator.Factories(),
		CheckDestroy:             isGone(simulator),
		Steps: []resource.TestStep{
			{Config: config},
			{
				PreConfig: func() { simulator.RemoveRoutine(name) },
				Config:    config,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionCreate),
				}},
				Check: calls(simulator, "CreateRoutine", 2),
			},
			{
				// Gone between the plan of the deletion and the deletion.
				PreConfig: func() {
					simulator.Inject(esasim.Rule{Operation: "DeleteRoutine", Fault: esasim.ChosenError, Status: 400, Code: "RoutineNotExist", Work: esasim.WorkDone})
				},
				Config: config, Destroy: true,
				Check: calls(simulator, "DeleteRoutine", 1),
			},
		},
	})
}

// TestAccRoutineOnlyRoutineNotExistRemoves keeps the resource in the state whatever else ESA or a gateway says.
func TestAccRoutineOnlyRoutineNotExistRemoves(t *testing.T) {
	t.Parallel()
	for label, rule := range map[string]esasim.Rule{
		"a gateway's 404":   {Fault: esasim.ChosenAnswer, Status: 404, Body: "<html>not found</html>"},
		"another NotExist":  {Fault: esasim.ChosenError, Status: 404, Code: "ParameterNotExist", Message: "gone"},
		"another key":       {Fault: esasim.ChosenError, Status: 404, Code: "InvalidAccessKeyId.NotFound", Message: "gone"},
		"no permission":     {Fault: esasim.ChosenError},
		"an empty document": {Fault: esasim.ChosenAnswer, Body: `{"RequestId":"1"}`},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			simulator := acceptance.Simulate(t)
			config := simulator.Config(named(name, `timeouts = { read = "500ms" }`))
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: simulator.Factories(),
				Steps: []resource.TestStep{
					{Config: config},
					{
						PreConfig:   func() { rule.Operation = "GetRoutine"; simulator.Inject(rule) },
						Config:      config,
						ExpectError: acceptance.Loosely("Cannot read the routine"),
					},
					{
						PreConfig: func() { simulator.ClearFaults() },
						Config:    config,
						ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
							plancheck.ExpectEmptyPlan(),
						}},
					},
				},
			})
		})
	}
}
