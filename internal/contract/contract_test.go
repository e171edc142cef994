package contract_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"terraform-provider-esa/internal/contract"
	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/golden"
)

// TestSimulatorAnswers holds the simulator against the answers that the provider is built on.
func TestSimulatorAnswers(t *testing.T) {
	t.Parallel()
	record, err := contract.Simulate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string]string{}
	for _, fact := range record.Facts {
		answers[fact.ID] = fact.Answer
	}
	const file = "testdata/simulator.json"
	text, err := json.MarshalIndent(answers, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden.Compare(t, file, string(text)+"\n")
	if other := record.Differences(record); len(other) > 0 {
		t.Errorf("a record differs from itself: %v", other)
	}
}

// TestEveryAnswerIsRecognised gives each answer that the simulator can give, and looks for it in the record.
func TestEveryAnswerIsRecognised(t *testing.T) {
	t.Parallel()
	usual, err := contract.Simulate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	recognised := 0
	for _, question := range esasim.Questions() {
		if usual.Answer(string(question)) == "" {
			continue // the suite does not ask it
		}
		for _, answer := range question.Answers() {
			recognised++
			t.Run(string(question)+"="+answer, func(t *testing.T) {
				t.Parallel()
				record, err := contract.Simulate(t.Context(), esasim.WithAnswer(question, answer), esasim.WithVersionQuota(8))
				if err != nil {
					t.Fatal(err)
				}
				if got := record.Answer(string(question)); got != answer && !strings.HasPrefix(got, answer+" ") {
					t.Errorf("the record says %q", got)
				}
			})
		}
	}
	if recognised < 30 {
		t.Errorf("only %d answers were tried", recognised)
	}
}

// TestRecordHasNoSecrets looks for the key and for what a form of an upload permits.
func TestRecordHasNoSecrets(t *testing.T) {
	t.Parallel()
	record, err := contract.Simulate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{esasim.AccessKeySecret, esasim.AccessKeyID, `Policy\"`, `Signature\"`} {
		if strings.Contains(string(text), secret) {
			t.Errorf("the record has %q", secret)
		}
	}
}

// TestWhatWasMadeIsDeleted ends a run at each of its questions.
func TestWhatWasMadeIsDeleted(t *testing.T) {
	t.Parallel()
	simulator := esasim.Start(t)
	site := simulator.AddSite(esasim.Site{Name: "example.com"})
	api, err := contract.NewSDK(simulator.URL, contract.Key{ID: esasim.AccessKeyID, Secret: esasim.AccessKeySecret})
	if err != nil {
		t.Fatal(err)
	}
	for stopped := 0; stopped < 40; stopped += 2 {
		ctx, cancel := context.WithCancel(t.Context())
		asked := 0
		record, err := contract.Run(ctx, api, contract.Settings{Routine: "contract", Site: site, Host: "www.example.com", Pause: time.Millisecond, Progress: func(string) {
			asked++
			if asked > stopped {
				cancel()
			}
		}})
		cancel()
		left := simulator.State()
		if len(left.Routines) > 0 || len(left.Routes) > 0 {
			t.Fatalf("stopped at question %d (%v), left: %d routines and %d routes", asked, err, len(left.Routines), len(left.Routes))
		}
		if err == nil {
			if !slices.ContainsFunc(record.Facts, func(fact contract.Fact) bool { return fact.ID == "orphaned-variables" }) {
				t.Error("the run that was not stopped did not ask everything")
			}
			return
		}
	}
	t.Error("no run came to its end")
}
