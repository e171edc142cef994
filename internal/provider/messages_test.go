package provider_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/golden"
	"terraform-provider-esa/internal/modeltest"
)

// TestConfigurationMessages keeps what is said of configurations that terraform validate refuses.
func TestConfigurationMessages(t *testing.T) {
	t.Parallel()
	type (
		body = map[string]any
		list = []any
	)
	const version, other = "1723599747213377175", "1724158802551287320"
	share := func(version any, percentage any) body { return body{"code_version": version, "percentage": percentage} }
	deployment := func(shares ...any) body {
		return body{"name": "hello", "env": "production", "code_versions": shares}
	}
	with := func(attribute string, value any) body {
		changed := deployment(share(version, 50), share(other, 50))
		changed[attribute] = value
		return changed
	}
	check := body{"url": "http://www.example.com/health"}
	messages := golden.Messages{}
	for situation, configuration := range map[string]struct {
		resource string
		body     body
	}{
		"Deployment: the percentages sum to 95":      {"esa_routine_code_deployment", deployment(share(version, 90), share(other, 5))},
		"Deployment: a percentage of 0":              {"esa_routine_code_deployment", deployment(share(version, 100), share(other, 0))},
		"Deployment: a percentage of 99.5":           {"esa_routine_code_deployment", deployment(share(version, 99.5), share(other, 0.5))},
		"Deployment: the percentages sum to 101":     {"esa_routine_code_deployment", deployment(share(version, 90), share(other, 11))},
		"Deployment: one version at 90":              {"esa_routine_code_deployment", deployment(share(version, 90))},
		"Deployment: a percentage of -1":             {"esa_routine_code_deployment", deployment(share(version, 101), share(other, -1))},
		"Deployment: a version that is empty":        {"esa_routine_code_deployment", deployment(share("", 100))},
		"Deployment: a version with white space":     {"esa_routine_code_deployment", deployment(share(version+" ", 100))},
		"Deployment: a name with a colon":            {"esa_routine_code_deployment", with("name", "hello:production")},
		"Deployment: an empty name":                  {"esa_routine_code_deployment", with("name", "")},
		"Deployment: one version twice":              {"esa_routine_code_deployment", deployment(share(version, 50), share(version, 50))},
		"Deployment: three versions":                 {"esa_routine_code_deployment", deployment(share(version, 50), share(other, 25), share("1725000000000000000", 25))},
		"Deployment: no version":                     {"esa_routine_code_deployment", deployment()},
		"Deployment: a version without a percentage": {"esa_routine_code_deployment", deployment(share(version, nil))},
		"Deployment: another environment":            {"esa_routine_code_deployment", with("env", "prod")},
		"Deployment: another strategy":               {"esa_routine_code_deployment", with("strategy", "canary")},
		"Deployment: another on_outside_change":      {"esa_routine_code_deployment", with("on_outside_change", "ignore")},
		"Rollout: steps that fall":                   {"esa_routine_code_deployment", with("rollout", body{"steps": list{body{"percentage": 20}, body{"percentage": 10}}})},
		"Rollout: a step of 0":                       {"esa_routine_code_deployment", with("rollout", body{"steps": list{body{"percentage": 0}}})},
		"Rollout: a bake time without a unit":        {"esa_routine_code_deployment", with("rollout", body{"bake_time": "5"})},
		"Rollout: bake times beyond the time limit":  {"esa_routine_code_deployment", with("rollout", body{"bake_time": "2h", "checks": list{check}})},
		"Rollout: another on_failure":                {"esa_routine_code_deployment", with("rollout", body{"bake_time": "1m", "checks": list{check}, "on_failure": "stop"})},
		"Rollout: a URL that is none":                {"esa_routine_code_deployment", with("rollout", body{"bake_time": "1m", "checks": list{body{"url": "www.example.com"}}})},
		"Rollout: a header that cannot be sent":      {"esa_routine_code_deployment", with("rollout", body{"bake_time": "1m", "checks": list{body{"url": "https://www.example.com", "headers": body{"Host Name": "x"}}}})},
		"Routine: a name with capital letters":       {"esa_routine", body{"name": "Hello_World"}},
		"Code version: no content":                   {"esa_routine_code_version", body{"name": "hello"}},
		"Code version: two functions":                {"esa_routine_code_version", body{"name": "hello", "code": "export default {}", "entry": "dist/index.js"}},
		"Code version: retain of 0":                  {"esa_routine_code_version", body{"name": "hello", "code": "export default {}", "retain": 0}},
		"Variables: a key with a space":              {"esa_routine_environment_variables", body{"name": "hello", "env": "staging", "variables": body{"FIRST KEY": "x"}}},
		"Route: a rule that is none":                 {"esa_routine_route", body{"site_id": "54362329990032", "routine_name": "hello", "route_name": "greeting", "rule": ""}},
		"Route: a timeout of 90":                     {"esa_routine_route", body{"site_id": "54362329990032", "routine_name": "hello", "route_name": "greeting", "rule": "true", "timeout": 90}},
		"Related record: a host name with a scheme":  {"esa_routine_related_record", body{"site_id": "54362329990032", "name": "hello", "record_name": "https://www.example.com"}},
	} {
		messages[situation] = golden.Received(modeltest.Validate(t, configuration.resource, configuration.body))
	}
	messages.Compare(t, "testdata/messages/configuration.txt")
}

// TestProviderMessages keeps what is said of a provider block.
func TestProviderMessages(t *testing.T) {
	type body = map[string]any
	for _, setting := range os.Environ() {
		if name, _, _ := strings.Cut(setting, "="); strings.HasPrefix(name, "AL") || strings.HasPrefix(name, "ESA_") {
			t.Setenv(name, "")
		}
	}
	messages := golden.Messages{}
	service := httptest.NewServer(http.NotFoundHandler())
	defer service.Close()
	key := func(more body) body {
		block := body{"access_key": "LTAI5tExample", "secret_key": "secret"}
		maps.Copy(block, more)
		return block
	}
	for situation, block := range map[string]body{
		"A region without an endpoint":     key(body{"region": "cn-beijing"}),
		"An endpoint over HTTP":            key(body{"endpoint": "http://esa.example.com"}),
		"An access key without its secret": {"access_key": "LTAI5tExample"},
		"A policy that is not JSON":        key(body{"assume_role": body{"role_arn": "acs:ram::1234567890123456:role/release", "policy": "allow all"}}),
		"A credentials URI that is no URL": {"credentials_uri": "localhost:8080"},
		"Credentials that cannot be had":   {"credentials_uri": service.URL},
	} {
		_, diagnostics := modeltest.Configure(t.Context(), t, block)
		messages[situation] = golden.Received(diagnostics)
		for index := range messages[situation] {
			message := &messages[situation][index]
			message.Detail = strings.ReplaceAll(message.Detail, strings.TrimPrefix(service.URL, "http://"), "127.0.0.1:9000")
		}
	}
	server, diagnostics := modeltest.Configure(t.Context(), t, key(body{"endpoint": tftypes.UnknownValue}))
	if len(diagnostics) > 0 {
		t.Fatal(diagnostics)
	}
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	const staging = "esa_routine_staging"
	read, err := server.ReadDataSource(t.Context(), &tfprotov6.ReadDataSourceRequest{TypeName: staging, Config: dynamic(t, schemas.DataSourceSchemas[staging], nil)})
	if err != nil {
		t.Fatal(err)
	}
	messages["A setting that is known after apply"] = golden.Received(read.Diagnostics)
	const route = "esa_routine_route"
	moved, err := server.MoveResourceState(t.Context(), &tfprotov6.MoveResourceStateRequest{
		SourceProviderAddress: "registry.terraform.io/aliyun/alicloud", SourceTypeName: "alicloud_" + route, SourceState: &tfprotov6.RawState{JSON: []byte(`{"id": "hello"}`)}, TargetTypeName: route,
	})
	if err != nil {
		t.Fatal(err)
	}
	messages["A state of alicloud that cannot be moved"] = golden.Received(moved.Diagnostics)
	messages.Compare(t, "testdata/messages/provider.txt")
}

// TestReadMessages keeps what is said of imports and data sources.
func TestReadMessages(t *testing.T) {
	t.Parallel()
	type body = map[string]any
	messages := golden.Messages{}
	setup := func(sim *esasim.Simulator) {
		sim.AddSite(esasim.Site{Name: "example.org", Status: "pending"})
		sim.AddSite(esasim.Site{Name: "example.org", Status: "moved"})
		for number := range 201 {
			sim.AddRoutine(fmt.Sprintf("routine-%03d", number))
		}
		for number := range 46 {
			sim.AddCodeVersion("routine-000", fmt.Sprint(2000000000000000000+number))
		}
	}
	modeltest.InBubble(t, setup, func(tf *modeltest.Terraform) {
		for name, id := range map[string]string{
			"esa_routine": "Hello World", "esa_routine_code_version": "hello", "esa_routine_code_deployment": "hello:prod",
			"esa_routine_environment_variables": "hello", "esa_routine_route": "hello", "esa_routine_related_record": "hello:www",
		} {
			messages["Import of "+name] = golden.Received(tf.Import(name+".this", id).Received)
		}
		for situation, data := range map[string]struct {
			name   string
			config body
		}{
			"There are more routines than ESA lists":      {"esa_routines", nil},
			"There are more code versions than ESA lists": {"esa_routine_code_versions", body{"name": "routine-000"}},
			"No routine of this name":                     {"esa_routine", body{"name": "hello"}},
			"No routine whose versions can be listed":     {"esa_routine_code_versions", body{"name": "hello"}},
			"No routine whose routes can be listed":       {"esa_routine_routes", body{"routine_name": "hello"}},
			"No routine whose records can be listed":      {"esa_routine_related_records", body{"name": "hello"}},
			"No site of this name":                        {"esa_site", body{"name": "www.example.com"}},
			"Several sites with this name":                {"esa_site", body{"name": "example.org"}},
		} {
			run, _ := tf.Data(data.name, data.config)
			messages[situation] = golden.Received(run.Received)
		}
		tf.Each = func(*modeltest.Call) modeltest.Mishap { return modeltest.Mishap{Fault: esasim.Unavailable} }
		run, _ := tf.List("esa_routine_code_deployment", body{"name": "hello"}, 10)
		messages["ESA is not available while deployments are listed"] = golden.Received(run.Received)
	})
	variables := body{}
	for number := range 101 {
		variables[fmt.Sprint("KEY_", number)] = "x"
	}
	messages["More variables than an environment has"] = golden.Received(modeltest.Validate(t, "esa_routine_environment_variables", body{"name": "hello", "env": "staging", "variables": variables}))
	for _, list := range messages {
		for index := range list {
			list[index].Detail = varying.ReplaceAllString(list[index].Detail, "$1$2…")
		}
	}
	messages.Compare(t, "testdata/messages/reads.txt")
}

// TestListsThatLackSomethingSaySo has ESA count more than it lists, in everything that shows a list.
func TestListsThatLackSomethingSaySo(t *testing.T) {
	t.Parallel()
	type body = map[string]any
	setup := func(sim *esasim.Simulator) {
		sim.AddRoutine("hello")
		sim.AddSite(esasim.Site{ID: "54362329990032", Name: "example.com"})
	}
	modeltest.InBubble(t, setup, func(tf *modeltest.Terraform) {
		tf.Each = func(*modeltest.Call) modeltest.Mishap { return modeltest.Mishap{Lacking: true} }
		data := map[string]body{
			"esa_routines": nil, "esa_routine_code_versions": {"name": "hello"},
			"esa_routine_routes": {"routine_name": "hello"}, "esa_routine_related_records": {"name": "hello"},
		}
		for name, config := range data {
			run, _ := tf.Data(name, config)
			tf.Expect(run, false, "may be missing from the list")
		}
		for name, config := range map[string]body{
			"esa_routine": nil, "esa_routine_code_version": {"name": "hello"}, "esa_routine_code_deployment": nil,
			"esa_routine_route": {"site_id": "54362329990032"}, "esa_routine_related_record": {"name": "hello"},
		} {
			run, _ := tf.List(name, config, 10)
			tf.Expect(run, false, "may be missing from the list")
		}
		run, _ := tf.Data("esa_site", body{"name": "example.com"})
		tf.Expect(run, true, "ESA did not list everything")
	})
}

// varying is what differs each time: the ids of requests, and how many attempts the pauses leave time for.
var varying = regexp.MustCompile(`(RequestId:\s+)\S+|( and )\d+`)

// TestEveryMessageIsKept finds the summary of every message that the provider can give among the golden messages.
func TestEveryMessageIsKept(t *testing.T) {
	t.Parallel()
	var kept strings.Builder
	files, err := filepath.Glob("testdata/messages/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		kept.Write(content)
	}
	// Where a message is made, and which argument its summary is.
	summaries := map[string]int{
		"NewErrorDiagnostic": 0, "NewWarningDiagnostic": 0, "AddError": 0, "AddWarning": 0, "RoutineDiagnostic": 0,
		"NewAttributeErrorDiagnostic": 1, "NewAttributeWarningDiagnostic": 1, "AddAttributeError": 1, "AddAttributeWarning": 1, "AttributeDiagnostic": 1,
		"failed": 1, "missing": 1, "invalid": 1,
	}
	found := 0
	err = filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok {
				return true
			}
			called := ""
			switch function := call.Fun.(type) {
			case *ast.SelectorExpr:
				called = function.Sel.Name
			case *ast.Ident:
				called = function.Name
			}
			index, makes := summaries[called]
			if !makes || index >= len(call.Args) {
				return true
			}
			for _, text := range literals(call.Args[index]) {
				found++
				if text = strings.TrimSpace(text); !strings.Contains(kept.String(), text) && !forDevelopers[text] {
					t.Errorf("%s: the message %q is in no file of testdata/messages", name, text)
				}
			}
			return true
		})
		return nil
	})
	if err != nil || found < 50 {
		t.Fatalf("found %d messages: %v", found, err)
	}
}

// forDevelopers are messages that no user can cause.
var forDevelopers = map[string]bool{"Unexpected provider data": true, "Provider is not configured": true, "Cannot keep private data": true}

// literals are the texts in an expression.
func literals(expression ast.Expr) (texts []string) {
	ast.Inspect(expression, func(node ast.Node) bool {
		if literal, ok := node.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			text, _ := strconv.Unquote(literal.Value)
			texts = append(texts, text)
		}
		return true
	})
	return texts
}
