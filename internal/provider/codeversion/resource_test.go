package codeversion_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

func TestAccCodeVersionLifecycle(t *testing.T) {
	t.Parallel()
	simulator := simulate(t, esasim.WithBuildPolls(2))
	directory := site(t, map[string]string{"worker.js": "export default { fetch() {} }", "dist/index.html": "<p>1", "dist/css/site.css": "p{}"})
	config := simulator.Config(version(
		argument("entry", filepath.Join(directory, "worker.js")),
		argument("assets_directory", filepath.Join(directory, "dist")),
		argument("not_found_strategy", "SinglePageApplication"),
		argument("description", "first of all"),
	))
	same := statecheck.CompareValue(sameValues{})
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: simulator.Factories(),
		CheckDestroy:             holds(simulator, 0),
		Steps: []resource.TestStep{
			{
				Config: config,
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction(address, plancheck.ResourceActionCreate),
						plancheck.ExpectKnownValue(address, attribute("content_hash"), knownvalue.StringRegexp(regexp.MustCompile(`^sha256:[0-9a-f]{64}$`))),
						plancheck.ExpectUnknownValue(address, attribute("code_version")),
						plancheck.ExpectUnknownValue(address, attribute("status")),
						plancheck.ExpectUnknownValue(address, attribute("create_time")),
						plancheck.ExpectUnknownValue(address, attribute("id")),
					},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(address, attribute("id"), knownvalue.StringRegexp(regexp.MustCompile(`^hello:\d{19}$`))),
					statecheck.ExpectKnownValue(address, attribute("code_version"), knownvalue.StringRegexp(regexp.MustCompile(`^\d{19}$`))),
					statecheck.ExpectKnownValue(address, attribute("status"), knownvalue.StringExact("available")),
					statecheck.ExpectKnownValue(address, attribute("create_time"), knownvalue.NotNull()),
					same.AddStateValue(address, attribute("code_version")),
				},
				Check: holds(simulator, 1),
			},
			{
				PreConfig: func() { put(t, filepath.Join(directory, "dist", "css", "site.css"), "p{color:red}") },
				Config:    config,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionDestroyBeforeCreate),
					plancheck.ExpectKnownValue(address, attribute("content_hash"), knownvalue.NotNull()),
					plancheck.ExpectUnknownValue(address, attribute("code_version")),
				}},
				Check: holds(simulator, 1),
			},
		},
	})
	uploads := simulator.Uploads()
	if len(uploads) != 2 {
		t.Fatalf("%d uploads, want 2", len(uploads))
	}
	want := map[string]string{
		"routine/index.js": "export default { fetch() {} }", "assets/index.html": "<p>1", "assets/css/site.css": "p{color:red}",
	}
	if diff := cmp.Diff(want, unzip(t, uploads[1].Bytes)); diff != "" {
		t.Errorf("second upload (-want +got):\n%s", diff)
	}
}

type sameValues struct{}

func (sameValues) CompareValues(values ...any) error {
	for index := 1; index < len(values); index++ {
		if values[index] != values[index-1] {
			return fmt.Errorf("value %v became %v, want no change", values[index-1], values[index])
		}
	}
	return nil
}

// TestAccCodeVersionWire pins what is sent: the reservation, and the form of the upload, whose last field is the file.
func TestAccCodeVersionWire(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	simulator.Workspace(t).Apply(version(argument("code", "export default {}"), argument("not_found_strategy", "404Page"), argument("description", "größer")))
	for _, call := range simulator.Calls() {
		switch call.Operation {
		case "CreateRoutineWithAssetsCodeVersion":
			extra := call.Form.Get("ExtraInfo")
			if !regexp.MustCompile(`^\{"Source":"Terraform","Publication":"[A-Z2-7]{26}"\}$`).MatchString(extra) {
				t.Errorf("ExtraInfo is %s", extra)
			}
			call.Form.Del("ExtraInfo")
			want := "CodeDescription=gr%C3%B6%C3%9Fer&ConfOptions=%7B%22NotFoundStrategy%22%3A%22404Page%22%7D&Name=hello"
			if got := call.Form.Encode(); got != want {
				t.Errorf("reservation %s, want %s", got, want)
			}
		case esasim.UploadOperation:
			for _, name := range []string{"OSSAccessKeyId", "Signature", "policy", "key", "x-oss-security-token"} {
				if call.Form.Get(name) == "" {
					t.Errorf("the upload has no field %s before its file", name)
				}
			}
			if call.Header.Get("Content-Length") == "" && call.Header.Get("Transfer-Encoding") != "" {
				t.Errorf("the upload is chunked, which OSS refuses")
			}
			if strings.Contains(call.UserAgent, "  ") || !strings.Contains(call.UserAgent, "terraform-provider-esa/") {
				t.Errorf("the upload has the user agent %q", call.UserAgent)
			}
		}
	}
	for _, operation := range []string{"CreateRoutineWithAssetsCodeVersion", esasim.UploadOperation} {
		if simulator.Count(operation) != 1 {
			t.Errorf("%d calls of %s, want 1", simulator.Count(operation), operation)
		}
	}
}

func TestAccCodeVersionSameContentSameBytes(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	files := map[string]string{"z.html": "z", "a/b/c.html": "c", "a.html": strings.Repeat("a", 100_000), "é.html": "e"}
	two := version(argument("code", "export default {}"), argument("assets_directory", site(t, files))) +
		strings.Replace(version(argument("entry", worker(t, "export default {}")), argument("assets_directory", site(t, files))), `"test"`, `"other"`, 1)
	hash := statecheck.CompareValue(sameValues{})
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: simulator.Factories(),
		Steps: []resource.TestStep{{
			Config: simulator.Config(two),
			ConfigStateChecks: []statecheck.StateCheck{
				hash.AddStateValue(address, attribute("content_hash")),
				hash.AddStateValue("esa_routine_code_version.other", attribute("content_hash")),
			},
		}},
	})
	uploads := simulator.Uploads()
	if len(uploads) != 2 || !bytes.Equal(uploads[0].Bytes, uploads[1].Bytes) || len(uploads[0].Bytes) == 0 {
		t.Errorf("the same content was uploaded as %+v", uploads)
	}
}

// TestAccCodeVersionWhatIsNoNewVersion changes everything that a version does not consist of.
func TestAccCodeVersionWhatIsNoNewVersion(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	terraform := simulator.Workspace(t)
	const code = "export default {}"
	terraform.Apply(version(argument("entry", worker(t, code))), "1 added, 0 changed, 0 destroyed")
	for _, arguments := range [][]string{
		{argument("entry", worker(t, code))},
		{argument("code", code)},
		{argument("code", code), "skip_destroy = true"},
		{argument("code", code), "skip_destroy = false", `timeouts = { create = "90s" }`},
	} {
		terraform.Apply(version(arguments...), "0 added, 1 changed, 0 destroyed")
	}
	acceptance.Expect(t, "state", terraform.Run("state", "show", address), 0, `status = "available"`, `create_time = "20`, `code_version = "`+versions(simulator)[0].CodeVersion+`"`)
	if count := simulator.Count("CreateRoutineWithAssetsCodeVersion"); count != 1 {
		t.Errorf("%d versions were reserved, want 1", count)
	}
}

// TestAccCodeVersionWhatIsANewVersion changes what a version consists of, one after the other.
func TestAccCodeVersionWhatIsANewVersion(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	simulator.AddRoutine("other")
	terraform := simulator.Workspace(t)
	first := version(argument("code", "1"))
	terraform.Apply(first, "1 added, 0 changed, 0 destroyed")
	for _, changed := range []string{
		version(argument("code", "2")),
		version(argument("code", "2"), argument("description", "two")),
		version(argument("code", "2"), argument("description", "two"), argument("not_found_strategy", "404Page")),
		version(argument("code", "2")),
		strings.Replace(first, routine, "other", 1),
	} {
		terraform.Apply(changed, "must be replaced", "1 added, 0 changed, 1 destroyed")
	}
	acceptance.Expect(t, "destroy", terraform.Run("destroy", "-auto-approve"), 0)
	if err := holds(simulator, 0)(nil); err != nil {
		t.Error(err)
	}
}

// TestAccCodeVersionContentKnownAfterApply takes the code from a resource whose output is known only after apply.
func TestAccCodeVersionContentKnownAfterApply(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	terraform := simulator.Workspace(t)
	config := func(text string) string {
		return fmt.Sprintf("resource \"terraform_data\" \"build\" {\n  input = %q\n}\n", text) + version("code = terraform_data.build.output")
	}
	terraform.Apply(config("export default 1"), "+ content_hash = (known after apply)", "2 added")
	terraform.Apply(config("export default 2"), "-> (known after apply)", "1 added, 1 changed, 1 destroyed")
	acceptance.Expect(t, "state", terraform.Run("state", "show", address), 0, `content_hash = "sha256:`)
}

func TestAccCodeVersionImport(t *testing.T) {
	t.Parallel()
	simulator := simulate(t, esasim.WithBuildPolls(1))
	config := simulator.Config(version(argument("code", "export default {}"), argument("description", "imported later"), argument("not_found_strategy", "404Page")))
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: simulator.Factories(),
		Steps: []resource.TestStep{
			{Config: config},
			{
				Config:       config,
				ResourceName: address, ImportState: true, ImportStateVerify: true,
				// ESA does not tell what a version holds, nor where it came from.
				ImportStateVerifyIgnore: []string{"content_hash", "code"},
			},
			{
				Config:       config,
				ResourceName: address, ImportState: true, ImportStateId: "hello:1", ExpectError: regexp.MustCompile(`Cannot import non-existent remote object`),
			},
			{
				Config:       config,
				ResourceName: address, ImportState: true, ImportStateId: "hello", ExpectError: regexp.MustCompile(`must be the name of a routine and the number of one of its\s+code\s+versions`),
			},
			{
				Config:       config,
				ResourceName: address, ImportState: true, ImportStateId: "hello:v1", ExpectError: regexp.MustCompile(`Invalid import id`),
			},
		},
	})
}

// TestAccCodeVersionImportByIdentity needs an engine that knows resource identity.
func TestAccCodeVersionImportByIdentity(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	config := func(codeVersion string) string {
		return simulator.Config(version(argument("code", "export default {}"), "skip_destroy = true") +
			fmt.Sprintf("import {\n  to = %s\n  identity = { name = %q, code_version = %q }\n}\n", address, routine, codeVersion))
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: simulator.Factories(),
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_12_0)},
		Steps: []resource.TestStep{
			{Config: config("latest"), ExpectError: wrapped(`The id must be the name of a routine and the number`)},
			{
				Config: config(released),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectIdentity(address, map[string]knownvalue.Check{
						"name": knownvalue.StringExact(routine), "code_version": knownvalue.StringExact(released),
					}),
				},
				Check: holds(simulator, 0),
			},
		},
	})
}

// TestAccCodeVersionAdoptAfterImport plans with an import block: the configured content is taken for that of the version, which
// is not published anew; from then on its changes count.
func TestAccCodeVersionAdoptAfterImport(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	config := func(code string) string {
		return simulator.Config(version(argument("code", code), "skip_destroy = true") +
			fmt.Sprintf("import {\n  to = %s\n  id = \"hello:%s\"\n}\n", address, released))
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: simulator.Factories(),
		Steps: []resource.TestStep{
			{
				Config: config("export default 1"),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
						plancheck.ExpectKnownValue(address, attribute("content_hash"), knownvalue.NotNull()),
						plancheck.ExpectKnownValue(address, attribute("code_version"), knownvalue.StringExact(released)),
					},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
				Check: holds(simulator, 0),
			},
			{
				Config: config("export default 2"),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionReplace),
				}},
				Check: holds(simulator, 1),
			},
		},
	})
}

// TestAccCodeVersionDisappearance publishes a version that is gone anew, and none where reading only takes longer.
func TestAccCodeVersionDisappearance(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	terraform := simulator.Workspace(t)
	config := version(argument("code", "export default {}"))
	terraform.Apply(config)
	for _, test := range []struct {
		what      string
		disappear func()
		gone      bool
	}{
		{"throttled", func() {
			simulator.Inject(esasim.Rule{Operation: "GetRoutineCodeVersionInfo", Fault: esasim.Throttled, Times: 2})
		}, false},
		{"an unclear code of a version that is there", func() {
			simulator.Inject(esasim.Rule{Operation: "GetRoutineCodeVersionInfo", Fault: esasim.ChosenError, Status: 400, Code: "InvalidParameter", Times: 1})
		}, false},
		{"the version was deleted", func() { simulator.RemoveCodeVersion(routine, versions(simulator)[0].CodeVersion) }, true},
		{"the routine was deleted and created anew", func() {
			simulator.RemoveRoutine(routine)
			simulator.AddRoutine(routine)
		}, true},
	} {
		t.Log(test.what)
		test.disappear()
		if test.gone {
			terraform.Apply(config, "1 added, 0 changed, 0 destroyed")
		} else {
			terraform.Apply(config, "0 added, 0 changed, 0 destroyed")
		}
	}
}

func TestAccCodeVersionFailureToReadIsNoRemoval(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	terraform := simulator.Workspace(t)
	terraform.Apply(version(argument("code", "export default {}")))
	simulator.Inject(esasim.Rule{Operation: "GetRoutineCodeVersionInfo", Fault: esasim.ChosenError})
	acceptance.Expect(t, "plan", terraform.Run("plan"), 1, "Cannot read the code version", "esa:GetRoutineCodeVersionInfo")
	simulator.ClearFaults()
	acceptance.Expect(t, "the next plan", terraform.Run("plan", "-detailed-exitcode"), 0)
}

// TestAccCodeVersionStatusDrift shows the status as it is, and publishes nothing because of it.
func TestAccCodeVersionStatusDrift(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	terraform := simulator.Workspace(t)
	config := version(argument("code", "export default {}"))
	terraform.Apply(config)
	published := versions(simulator)[0].CodeVersion
	simulator.RemoveCodeVersion(routine, published)
	simulator.AddCodeVersionStatus(routine, published, "Failed")
	terraform.Apply(config, "0 added, 0 changed, 0 destroyed")
	acceptance.Expect(t, "state", terraform.Run("state", "show", address), 0, `status = "failed"`)
}

// TestAccCodeVersionNumbersAndOrderOfTheAPI answers versions as JSON numbers and lists in reversed order.
func TestAccCodeVersionNumbersAndOrderOfTheAPI(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	simulator.Inject(esasim.Rule{Fault: esasim.NumericIDs}, esasim.Rule{Fault: esasim.Reversed})
	terraform := simulator.Workspace(t)
	terraform.Apply(version(argument("code", "export default {}")))
	acceptance.Expect(t, "destroy", terraform.Run("destroy", "-auto-approve"), 0)
	if err := holds(simulator, 0)(nil); err != nil {
		t.Error(err)
	}
}

func TestAccCodeVersionBadInput(t *testing.T) {
	t.Parallel()
	directory := site(t, map[string]string{"worker.js": "x", "empty/.git/config": "x"})
	late := "resource \"terraform_data\" \"late\" {\n  input = \"x\"\n}\n"
	simulate(t).ExpectErrors(t, map[string]struct{ HCL, Error string }{
		"no content":          {version(), `At least one of these attributes must be configured: [entry,code,assets_directory]`},
		"function twice":      {version(argument("entry", "a"), argument("code", "b")), `These attributes cannot be configured together: [entry,code]`},
		"empty code":          {version(argument("code", "")), `code string length must be at least 1`},
		"strategy":            {version(argument("code", "x"), argument("not_found_strategy", "spa")), `not_found_strategy value must be one of`},
		"missing entry":       {version(argument("entry", filepath.Join(directory, "no.js"))), `no.js" does not exist. Terraform reads the content`},
		"entry is directory":  {version(argument("entry", directory)), `" is a directory`},
		"no assets":           {version(argument("assets_directory", filepath.Join(directory, "dist"))), `dist" does not exist`},
		"empty assets":        {version(argument("assets_directory", filepath.Join(directory, "empty"))), `holds no files`},
		"known part is wrong": {late + version("code = terraform_data.late.output", argument("assets_directory", filepath.Join(directory, "dist"))), `dist" does not exist`},
	})
}

// wrapped matches words that Terraform may have broken into lines anywhere there is a space.
func wrapped(words string) *regexp.Regexp {
	return regexp.MustCompile(strings.ReplaceAll(words, " ", `[\s│]+`))
}

// TestAccFileMissingAtApply plans, removes the file, and applies that plan.
func TestAccCodeVersionFileGoneAtApply(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	entry := worker(t, "export default 1")
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: simulator.Factories(),
		Steps: []resource.TestStep{{
			Config: simulator.Config(version(argument("entry", entry))),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				afterPlan(func() error { return os.Remove(entry) }),
			}},
			ExpectError: wrapped(`".*worker\.js" does not exist`),
		}},
	})
	nothingReserved(t, simulator)
}

// TestAccCodeVersionFileChangedAfterPlan plans, edits the file, and applies that plan. Terraform plans once more while it applies,
// and finds the difference itself.
func TestAccCodeVersionFileChangedAfterPlan(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	entry := worker(t, "export default 1")
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: simulator.Factories(),
		Steps: []resource.TestStep{{
			Config: simulator.Config(version(argument("entry", entry))),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				afterPlan(func() error { return os.WriteFile(entry, []byte("export default 2"), 0o600) }),
			}},
			ExpectError: wrapped(`content_hash`),
		}},
	})
	nothingReserved(t, simulator)
}
