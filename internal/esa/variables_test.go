package esa_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/esasim"
)

// secret has only characters that no encoding changes, so that it is found in whatever repeats it.
const secret = "S3cretValue0815"

func variables() []esa.EnvironmentVariable {
	return []esa.EnvironmentVariable{
		{Key: "LEVEL", Type: esa.VariablePlain, Value: "info & mehr = ü"},
		{Key: "EMPTY", Type: esa.VariablePlain},
		{Key: "TOKEN", Type: esa.VariableSecret, Value: secret},
	}
}

// TestVariables sets, lists and deletes variables, whatever ESA shows of a secret.
func TestVariables(t *testing.T) {
	t.Parallel()
	for _, shown := range esasim.ListedSecret.Answers() {
		for _, times := range esasim.VariableTimes.Answers() {
			simulator := simulate(t, esasim.WithAnswer(esasim.ListedSecret, shown), esasim.WithAnswer(esasim.VariableTimes, times))
			client := newClient(t, simulator.URL)
			failed, err := client.SetRoutineEnvironmentVariables(t.Context(), client.TakeSlot(), routine, esa.Production, variables())
			if err != nil || len(failed) > 0 {
				t.Fatalf("set: %v failed, %v", failed, err)
			}
			list, err := client.ListRoutineEnvironmentVariables(t.Context(), routine, esa.Production)
			if err != nil || !list.Complete {
				t.Fatalf("%+v, %v", list, err)
			}
			for i := range list.Known {
				if (list.Known[i].UpdatedAt == "") != (times == "absent") {
					t.Errorf("times %s: updated at %q", times, list.Known[i].UpdatedAt)
				}
				list.Known[i].UpdatedAt = ""
			}
			want := []esa.EnvironmentVariable{
				{Key: "EMPTY", Type: esa.VariablePlain}, {Key: "LEVEL", Type: esa.VariablePlain, Value: "info & mehr = ü"}, {Key: "TOKEN", Type: esa.VariableSecret},
			}
			if diff := cmp.Diff(want, list.Known); diff != "" {
				t.Errorf("secrets shown as %s (-want +got):\n%s", shown, diff)
			}
			if unsure, err := client.DeleteRoutineEnvironmentVariables(t.Context(), client.TakeSlot(), routine, esa.Production, []string{"LEVEL", "TOKEN"}); err != nil || len(unsure) > 0 {
				t.Fatalf("delete: %v unsure, %v", unsure, err)
			}
			if left := simulator.Variables(routine, esa.Production); len(left) != 1 || left[0].Key != "EMPTY" {
				t.Errorf("left is %v", left)
			}
		}
	}
}

// TestVariablesThatAreNotWritten are named, in each way in which ESA may say so.
func TestVariablesThatAreNotWritten(t *testing.T) {
	t.Parallel()
	for _, answer := range esasim.UnknownVariable.Answers() {
		simulator := simulate(t, esasim.WithAnswer(esasim.UnknownVariable, answer))
		client := newClient(t, simulator.URL)
		simulator.SetVariable(routine, esa.Staging, esasim.Variable{Key: "STUCK", Value: "1"})
		simulator.FailVariables("STUCK")
		failed, err := client.SetRoutineEnvironmentVariables(t.Context(), client.TakeSlot(), routine, esa.Staging, []esa.EnvironmentVariable{
			{Key: "STUCK", Type: esa.VariablePlain, Value: "2"}, {Key: "OTHER", Type: esa.VariablePlain, Value: "2"},
		})
		if err != nil || !slices.Equal(failed, []string{"STUCK"}) {
			t.Errorf("set: %v failed, %v", failed, err)
		}
		unsure, err := client.DeleteRoutineEnvironmentVariables(t.Context(), client.TakeSlot(), routine, esa.Staging, []string{"OTHER", "STUCK"})
		if err != nil || !slices.Equal(unsure, []string{"STUCK"}) {
			t.Errorf("delete: %v unsure, %v", unsure, err)
		}
		unsure, err = client.DeleteRoutineEnvironmentVariables(t.Context(), client.TakeSlot(), routine, esa.Staging, []string{"NONE"})
		switch answer {
		case "deleted":
			if err != nil || unsure != nil {
				t.Errorf("%s: %v unsure, %v", answer, unsure, err)
			}
		case "refused":
			if !esa.HasCode(err, "ParameterNotExist") {
				t.Errorf("%s: %v", answer, err)
			}
		default:
			if err != nil || !slices.Equal(unsure, []string{"NONE"}) {
				t.Errorf("%s: %v unsure, %v", answer, unsure, err)
			}
		}
	}
}

// TestAllVariablesAreListed reads pages to the end, also where ESA gives fewer than it was asked for.
func TestAllVariablesAreListed(t *testing.T) {
	t.Parallel()
	for _, page := range esasim.VariablePage.Answers() {
		simulator := simulate(t, esasim.WithAnswer(esasim.VariablePage, page))
		for number := range 50 {
			simulator.SetVariable(routine, esa.Staging, esasim.Variable{Key: fmt.Sprintf("K%02d", number), Value: "v"})
		}
		list, err := newClient(t, simulator.URL).ListRoutineEnvironmentVariables(t.Context(), routine, esa.Staging)
		if err != nil || len(list.Known) != 50 || !list.Complete {
			t.Errorf("pages of %s: %+v, %v", page, list, err)
		}
	}
}

// TestSecretsAreNotRepeated: whatever is echoed, no error, log or value shows a secret.
func TestSecretsAreNotRepeated(t *testing.T) {
	t.Parallel()
	set := func(ctx context.Context, client *esa.Client) error {
		_, err := client.SetRoutineEnvironmentVariables(ctx, client.TakeSlot(), routine, esa.Production, variables())
		return err
	}
	retried := func(ctx context.Context, client *esa.Client) error {
		ctx, cancel := context.WithCancel(ctx)
		return client.Retry(ctx, func(attempt int) error {
			if attempt == 2 {
				cancel()
			}
			return set(ctx, client)
		})
	}
	list := func(ctx context.Context, client *esa.Client) error {
		_, err := client.ListRoutineEnvironmentVariables(ctx, routine, esa.Production)
		return err
	}
	wrongKey := func(config *esa.Config) {
		config.Credentials = esa.NewStaticCredentials(esasim.AccessKeyID, "wrong", "")
	}
	echo := `{"RequestId":"` + secret + `","Code":"` + secret + `","Message":"` + secret + `","AccessDeniedDetail":{"AuthAction":"` + secret + `"}}`
	for name, test := range map[string]struct {
		rule   *esasim.Rule
		change func(*esa.Config)
		call   func(context.Context, *esa.Client) error
		code   string
	}{
		"string to sign":      {nil, wrongKey, set, "SignatureDoesNotMatch"},
		"refusal":             {&esasim.Rule{Fault: esasim.ChosenError, Code: "InvalidParameter", Message: "bad value " + secret}, nil, set, "InvalidParameter"},
		"refusal, retried":    {&esasim.Rule{Fault: esasim.ChosenError, Status: 503, Code: "Busy", Message: secret}, nil, retried, "Busy"},
		"everything":          {&esasim.Rule{Fault: esasim.ChosenAnswer, Status: 403, Body: echo}, nil, set, "Unknown"},
		"gateway":             {&esasim.Rule{Fault: esasim.ChosenAnswer, Status: 502, Body: "<p>" + secret + "</p>"}, nil, set, ""},
		"success of nothing":  {&esasim.Rule{Fault: esasim.ChosenAnswer, Body: `{"SetKeys":"` + secret + `"}`}, nil, set, ""},
		"status in words":     {&esasim.Rule{Fault: esasim.ChosenAnswer, Body: `{"RequestId":"1","SetKeys":null,"Status":"` + secret + `"}`}, nil, set, ""},
		"half a list":         {&esasim.Rule{Fault: esasim.ChosenAnswer, Status: 404, Body: `{"EnvironmentVariables":{"T":{"Value":"` + secret}, nil, list, ""},
		"list of other types": {&esasim.Rule{Fault: esasim.ChosenAnswer, Status: 404, Body: `{"RequestId":"1","TotalCount":"` + secret + `"}`}, nil, list, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simulator := simulate(t)
			if test.rule != nil {
				simulator.Inject(*test.rule)
			}
			seen := recorded{}
			var changes []func(*esa.Config)
			if test.change != nil {
				changes = append(changes, test.change)
			}
			err := test.call(t.Context(), newClient(t, simulator.URL, append(changes, seen.observe)...))
			failure, ok := errors.AsType[*esa.Error](err)
			if !ok {
				t.Fatalf("got %v", err)
			}
			if failure.Code != test.code || failure.HTTPStatus == 0 || !strings.Contains(failure.Error(), "not shown") {
				t.Errorf("the error is %v, want code %q, a status and that the message is not shown", failure, test.code)
			}
			for _, shown := range append(seen.words(), err.Error(), fmt.Sprintf("%+v %#v", *failure, *failure)) {
				if strings.Contains(shown, secret) {
					t.Errorf("the secret is in %s", shown)
				}
			}
			if len(seen.words()) == 0 {
				t.Error("nothing was observed")
			}
		})
	}
	simulator, seen := simulate(t), recorded{}
	simulator.Inject(esasim.Rule{Fault: esasim.ChosenAnswer, Body: `{"RequestId":"` + secret + `","SetKeys":[]}`})
	client := newClient(t, simulator.URL, seen.observe)
	failed, err := client.SetRoutineEnvironmentVariables(t.Context(), client.TakeSlot(), routine, esa.Production, variables())
	if words := fmt.Sprint(failed, err, seen.words()); strings.Contains(words, secret) || len(failed) != 3 {
		t.Errorf("after a success the log has %s", words)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if shown := fmt.Sprintf(verb, variables()); strings.Contains(shown, secret) || !strings.Contains(shown, "TOKEN") {
			t.Errorf("%s shows %s", verb, shown)
		}
	}
}

// TestSecretsInABrokenAnswer are not repeated either: the network's own errors quote what they could not read.
func TestSecretsInABrokenAnswer(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = connection.Read(make([]byte, 4096))
			_, _ = connection.Write([]byte("HTTP/1.1 " + secret + "\r\n" + secret + "\r\n\r\n"))
			_ = connection.Close()
		}
	}()
	client := newClient(t, "http://"+listener.Addr().String())
	_, err = client.SetRoutineEnvironmentVariables(t.Context(), client.TakeSlot(), routine, esa.Production, variables())
	if err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("got %v", err)
	}
}

// TestUnreachableIsStillExplained keeps what cannot be an echo, since nothing was sent.
func TestUnreachableIsStillExplained(t *testing.T) {
	t.Parallel()
	client := newClient(t, "http://127.0.0.1:1")
	_, err := client.SetRoutineEnvironmentVariables(t.Context(), client.TakeSlot(), routine, esa.Production, variables())
	if err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("got %v, want that the connection is refused", err)
	}
}

// recorded keeps what an observer sees of attempts.
type recorded struct {
	mutex    sync.Mutex
	attempts []string
}

func (r *recorded) observe(config *esa.Config) {
	config.Observe = func(_ context.Context, attempt esa.Attempt) {
		r.mutex.Lock()
		defer r.mutex.Unlock()
		r.attempts = append(r.attempts, fmt.Sprintf("%+v %v", attempt, attempt.Err))
	}
}

func (r *recorded) words() []string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return slices.Clone(r.attempts)
}

// TestVersionsCarryVariables sends DeployEnv and reads it back from the list, where ESA shows it.
func TestVersionsCarryVariables(t *testing.T) {
	t.Parallel()
	for _, answer := range esasim.VersionBinding.Answers() {
		simulator := esasim.Start(t, esasim.WithAnswer(esasim.VersionBinding, answer))
		simulator.AddRoutine(routine)
		simulator.SetVariable(routine, esa.Production, esasim.Variable{Key: "LEVEL", Value: "info"})
		client := newClient(t, simulator.URL)
		bound := map[string]string{}
		for _, environment := range []string{"", esa.Production, esa.Staging} {
			reserved, err := client.CreateRoutineWithAssetsCodeVersion(t.Context(), client.TakeSlot(), esa.CodeVersionInput{Routine: routine, DeployEnv: environment})
			if err != nil {
				t.Fatal(err)
			}
			bound[reserved.CodeVersion] = environment
			if sent, _ := simulator.VersionVariables(routine, reserved.CodeVersion); sent != environment {
				t.Errorf("the version is bound to %q, want %q", sent, environment)
			}
		}
		list, err := client.ListRoutineCodeVersions(t.Context(), routine)
		if err != nil {
			t.Fatal(err)
		}
		for _, version := range list.Known {
			environment := bound[version.CodeVersion]
			shown := answer == "empty" || answer == "absent-if-none" && environment != ""
			if !shown {
				environment = ""
			}
			if version.DeployEnv != environment || (version.HasEnvVars != nil) != shown || shown && *version.HasEnvVars != (environment == esa.Production) {
				t.Errorf("%s: the version of %q is listed as %q, %v", answer, bound[version.CodeVersion], version.DeployEnv, version.HasEnvVars)
			}
		}
	}
}

func TestVersionQuota(t *testing.T) {
	t.Parallel()
	for _, code := range esasim.VersionQuotaCode.Answers() {
		simulator := simulate(t, esasim.WithVersionQuota(2), esasim.WithAnswer(esasim.VersionQuotaCode, code))
		_, err := newClient(t, simulator.URL).CreateRoutineWithAssetsCodeVersion(t.Context(), newClient(t, simulator.URL).TakeSlot(), esa.CodeVersionInput{Routine: routine})
		if !esa.IsVersionQuotaFull(err) {
			t.Errorf("%s: %v is not that the quota is full", code, err)
		}
	}
	simulator := simulate(t)
	for _, rule := range []esasim.Rule{
		{Fault: esasim.ChosenError, Status: http.StatusTooManyRequests, Code: "Throttling.User", Message: "over the quota of calls"},
		{Fault: esasim.ChosenError, Code: "InvalidParameter", Message: "Parameter verification failed."},
	} {
		rule.Times = 1
		simulator.Inject(rule)
		if _, err := newClient(t, simulator.URL).CreateRoutineWithAssetsCodeVersion(t.Context(), newClient(t, simulator.URL).TakeSlot(), esa.CodeVersionInput{Routine: routine}); err == nil || esa.IsVersionQuotaFull(err) {
			t.Errorf("%v is taken for a full quota", err)
		}
	}
}
