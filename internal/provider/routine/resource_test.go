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
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

func TestAccRoutineLifecycle(t *testing.T) {
	t.Parallel()
	simulator := acceptance.Simulate(t)
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
		terraform := simulator.Workspace(t)
		for _, descriptions := range [][]string{descriptions, slices.Repeat([]string{"another"}, len(descriptions)), descriptions} {
			config := ""
			for index, description := range descriptions {
				config += fmt.Sprintf("resource \"esa_routine\" \"test%d\" {\n  name = \"routine-%[1]d\"\n  description = %q\n}\n", index, description)
			}
			terraform.Apply(config)
			for index, description := range descriptions {
				if found, _ := routine(simulator, fmt.Sprintf("routine-%d", index)); found.Description != description {
					t.Errorf("ESA has the description %q, want %q", found.Description, description)
				}
			}
		}
	})
}

// TestAccRoutineNoDescription goes between no description, an empty one and a text.
func TestAccRoutineNoDescription(t *testing.T) {
	t.Parallel()
	simulator, terraform := workspace(t)
	for _, step := range []struct {
		config, state, holds string
		updates              int
	}{
		{named(name), "!description", "", 0},
		{described(""), `description = ""`, "", 0},
		{named(name), "!description", "", 0},
		{described("text"), `description = "text"`, "text", 1},
		{named(name), "!description", "", 2},
	} {
		terraform.Apply(step.config)
		acceptance.Expect(t, "state", terraform.Run("state", "show", address), 0, step.state)
		if found, _ := routine(simulator, name); found.Description != step.holds || simulator.Count("UpdateRoutineConfigDescription") != step.updates {
			t.Errorf("ESA has the description %q after %d updates, want %q after %d", found.Description, simulator.Count("UpdateRoutineConfigDescription"), step.holds, step.updates)
		}
	}
}

func TestAccRoutineImport(t *testing.T) {
	t.Parallel()
	descriptions := []string{"says hello, in words", "日本語", ""}
	bothEncodings(t, func(t *testing.T, options ...esasim.Option) {
		simulator := acceptance.Simulate(t, options...)
		config := ""
		var checks []plancheck.PlanCheck
		for index, description := range descriptions {
			name := fmt.Sprintf("routine-%d", index)
			simulator.AddRoutine(name)
			simulator.SetDescription(name, description)
			config += fmt.Sprintf("import {\n  to = esa_routine.test%d\n  id = %q\n}\nresource \"esa_routine\" \"test%[1]d\" {\n  name = %[2]q\n", index, name)
			if description != "" {
				config += fmt.Sprintf("  description = %q\n", description)
			}
			config += "}\n"
			checks = append(checks, plancheck.ExpectResourceAction(fmt.Sprintf("esa_routine.test%d", index), plancheck.ResourceActionNoop))
		}
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: simulator.Factories(),
			Steps: []resource.TestStep{
				{
					Config:           simulator.Config(config),
					ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: checks},
					Check:            resource.ComposeTestCheckFunc(calls(simulator, "CreateRoutine", 0), calls(simulator, "UpdateRoutineConfigDescription", 0)),
				},
				{Config: simulator.Config(config), ResourceName: "esa_routine.test0", ImportState: true, ImportStateId: "routine-0", ImportStateVerify: true},
			},
		})
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
	_, terraform := workspace(t)
	terraform.Configure(named(name))
	for id, want := range map[string]string{
		"hello:production": `The id must be the name of a routine: at least two characters, of which the first is a lowercase letter and the others are lowercase letters, digits or hyphens, got: "hello:production"`,
		"Hello":            `The id must be the name of a routine: at least two characters, of which the first is a lowercase letter and the others are lowercase letters, digits or hyphens, got: "Hello"`,
		"unknown":          `Cannot import non-existent remote object`,
	} {
		acceptance.Expect(t, id, terraform.Run("import", address, id), 1, want)
	}
}

func TestAccRoutineValidation(t *testing.T) {
	t.Parallel()
	simulator := acceptance.Simulate(t)
	simulator.ExpectErrors(t, map[string]struct{ HCL, Error string }{
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
	})
	if calls := simulator.Count(""); calls != 0 {
		t.Errorf("invalid configurations made %d calls, want none", calls)
	}
}

func TestAccRoutineDrift(t *testing.T) {
	t.Parallel()
	simulator := acceptance.Simulate(t)
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
	simulator := acceptance.Simulate(t)
	config := simulator.Config(named(name, `timeouts = { read = "500ms" }`))
	steps := []resource.TestStep{{Config: config}}
	for label, rule := range map[string]esasim.Rule{
		"a gateway's 404":   {Fault: esasim.ChosenAnswer, Status: 404, Body: "<html>not found</html>"},
		"another NotExist":  {Fault: esasim.ChosenError, Status: 404, Code: "ParameterNotExist", Message: "gone"},
		"another key":       {Fault: esasim.ChosenError, Status: 404, Code: "InvalidAccessKeyId.NotFound", Message: "gone"},
		"no permission":     {Fault: esasim.ChosenError},
		"an empty document": {Fault: esasim.ChosenAnswer, Body: `{"RequestId":"1"}`},
	} {
		rule.Operation = "GetRoutine"
		steps = append(steps, resource.TestStep{
			PreConfig: func() { t.Log(label); simulator.ClearFaults(); simulator.Inject(rule) },
			Config:    config, PlanOnly: true, ExpectError: acceptance.Loosely("Cannot read the routine"),
		})
	}
	steps = append(steps, resource.TestStep{PreConfig: simulator.ClearFaults, Config: config, PlanOnly: true})
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: simulator.Factories(), Steps: steps})
}
