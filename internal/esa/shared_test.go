package esa_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/esasim"
)

func versionLive(t *testing.T, routine *esa.Routine, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return routine.Deployment(esa.Production).CodeVersions[0].CodeVersion
}

func TestManyReadersShareOneCall(t *testing.T) {
	t.Parallel()
	simulator := simulate(t, esasim.WithLatency(20*time.Millisecond))
	client := newClient(t, simulator.URL)
	var readers errgroup.Group
	for range 20 {
		readers.Go(func() error {
			_, err := client.GetRoutine(t.Context(), routine, time.Minute)
			return err
		})
	}
	if err := readers.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := simulator.Count("GetRoutine"); got != 1 {
		t.Errorf("%d calls for 20 readers, want 1", got)
	}
}

// TestWrittenOutOfBand proves how fresh an answer is: one that is too old, or older than a write of this client,
// is not used, and GetRoutine never uses one.
func TestWrittenOutOfBand(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	client := newClient(t, simulator.URL)
	simulator.Deploy(routine, esa.Production, esasim.Share{CodeVersion: stable, Percentage: 100})
	found, err := client.GetRoutine(t.Context(), routine, time.Minute)
	if got := versionLive(t, found, err); got != stable {
		t.Fatalf("live is %s, want %s", got, stable)
	}
	simulator.Deploy(routine, esa.Production, esasim.Share{CodeVersion: candidate, Percentage: 100})

	found, err = client.GetRoutine(t.Context(), routine, time.Minute)
	if got := versionLive(t, found, err); got != stable {
		t.Errorf("within its age the answer is %s, want the shared %s", got, stable)
	}
	found, err = client.GetRoutine(t.Context(), routine, 0)
	if got := versionLive(t, found, err); got != candidate {
		t.Errorf("beyond its age the answer is %s, want the new %s", got, candidate)
	}
	simulator.Deploy(routine, esa.Production, esasim.Share{CodeVersion: stable, Percentage: 100})
	found, err = client.GetRoutine(t.Context(), routine, 0)
	if got := versionLive(t, found, err); got != stable {
		t.Errorf("GetRoutine answers %s, want the new %s", got, stable)
	}

	_, err = client.CreateRoutineCodeDeployment(t.Context(), client.TakeSlot(), esa.CodeDeploymentInput{
		Routine: routine, Environment: esa.Production, Strategy: esa.StrategyPercentage,
		CodeVersions: []esa.CodeVersionShare{{CodeVersion: candidate, Percentage: 100}},
	})
	if err != nil {
		t.Fatal(err)
	}
	found, err = client.GetRoutine(t.Context(), routine, time.Minute)
	if got := versionLive(t, found, err); got != candidate {
		t.Errorf("after a write the answer is %s, want the new %s", got, candidate)
	}
}

// TestAnswerThatAWriteOvertakesIsNotKept has a write go out while a read is under way.
func TestAnswerThatAWriteOvertakesIsNotKept(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	client := newClient(t, simulator.URL)
	simulator.Inject(esasim.Rule{Operation: "GetRoutine", Fault: esasim.NoFault, Times: 1, Then: func() {
		_, err := client.CreateRoutineCodeDeployment(context.Background(), client.TakeSlot(), esa.CodeDeploymentInput{
			Routine: routine, Environment: esa.Production, Strategy: esa.StrategyPercentage,
			CodeVersions: []esa.CodeVersionShare{{CodeVersion: candidate, Percentage: 100}},
		})
		if err != nil {
			t.Error(err)
		}
	}})
	if _, err := client.GetRoutine(t.Context(), routine, 0); err != nil {
		t.Fatal(err)
	}
	found, err := client.GetRoutine(t.Context(), routine, time.Minute)
	if got := versionLive(t, found, err); got != candidate {
		t.Errorf("the answer is %s, want the written %s", got, candidate)
	}
}

func TestVersionIsAskedForOnceUnlessItIsNotBuilt(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	simulator.AddCodeVersionStatus(routine, "1723599747213377200", "init")
	client := newClient(t, simulator.URL)
	for range 3 {
		for _, version := range []string{stable, "1723599747213377200"} {
			if _, err := client.GetRoutineCodeVersionInfo(t.Context(), routine, version, time.Minute); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := simulator.Count("GetRoutineCodeVersionInfo"); got != 1+3 {
		t.Errorf("%d calls, want 1 for the built version and 3 for the other", got)
	}
}

// TestFailedReadIsNotKept fails once, for all who wait, and for no one after them.
func TestFailedReadIsNotKept(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	simulator.Inject(esasim.Rule{Operation: "GetRoutine", Fault: esasim.ChosenError, Times: 1})
	client := newClient(t, simulator.URL)
	if _, err := client.GetRoutine(t.Context(), routine, time.Hour); !esa.IsPermissionMissing(err) {
		t.Fatalf("the first read = %v, want its refusal", err)
	}
	for range 2 {
		if _, err := client.GetRoutine(t.Context(), routine, time.Hour); err != nil {
			t.Errorf("a read after it = %v", err)
		}
	}
	if got := simulator.Count("GetRoutine"); got != 2 {
		t.Errorf("%d calls, want the refused one and one more", got)
	}
}

// TestReadDuringAWriteIsNotKept reads while a write is on its way: what it shows is not used after the write.
func TestReadDuringAWriteIsNotKept(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	var client *esa.Client
	client = newClient(t, simulator.URL, func(config *esa.Config) {
		config.Transport = roundTripper(func(request *http.Request) (*http.Response, error) {
			if request.URL.Query().Get("Action") == "CreateRoutineCodeDeployment" {
				found, err := client.GetRoutine(t.Context(), routine, time.Hour)
				if got := versionLive(t, found, err); got != stable {
					t.Errorf("before the write %s is live, want %s", got, stable)
				}
			}
			return http.DefaultTransport.RoundTrip(request)
		})
	})
	_, err := client.CreateRoutineCodeDeployment(t.Context(), client.TakeSlot(), esa.CodeDeploymentInput{
		Routine: routine, Environment: esa.Production, Strategy: esa.StrategyPercentage,
		CodeVersions: []esa.CodeVersionShare{{CodeVersion: candidate, Percentage: 100}},
	})
	if err != nil {
		t.Fatal(err)
	}
	found, err := client.GetRoutine(t.Context(), routine, time.Hour)
	if got := versionLive(t, found, err); got != candidate {
		t.Errorf("after the write the answer is %s, want the new %s", got, candidate)
	}
}

// TestSharedReadNamesTheLastFailure has the time of two who share a read run out, one a little before, with or after the
// other: whoever of them made the call, both errors name what went wrong.
func TestSharedReadNamesTheLastFailure(t *testing.T) {
	t.Parallel()
	for difference := -time.Second; difference <= time.Second; difference += 100 * time.Millisecond {
		bubble(t, difference.String(), func(t *testing.T) {
			simulator := esasim.New()
			simulator.Inject(esasim.Rule{Fault: esasim.Unavailable})
			client := newClient(t, "http://127.0.0.1:1", func(config *esa.Config) { config.Transport, config.Retry = served{simulator}, esa.RetryPolicy{} })
			var readers errgroup.Group
			for _, limit := range []time.Duration{2 * time.Minute, 2*time.Minute + difference} {
				readers.Go(func() error {
					ctx, cancel := context.WithTimeout(t.Context(), limit)
					defer cancel()
					_, err := client.GetRoutine(ctx, routine, time.Hour)
					interrupted, ok := errors.AsType[*esa.Interrupted](err)
					if !ok || interrupted.After != limit || interrupted.Last == nil || !esa.HasCode(err, "ServiceUnavailable") || interrupted.Target.Routine != routine {
						t.Errorf("after %s: %v, want that time and the last failure in it", limit, err)
					}
					return nil
				})
			}
			_ = readers.Wait()
		})
	}
}

// TestDeletedVersionIsNotRemembered deletes a version that was asked for before, and one that was not.
func TestDeletedVersionIsNotRemembered(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	simulator.AddCodeVersion(routine, "1723599747213377999")
	client := newClient(t, simulator.URL)
	for range 2 {
		if _, err := client.GetRoutineCodeVersionInfo(t.Context(), routine, "1723599747213377999", time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	if asked := simulator.Count("GetRoutineCodeVersionInfo"); asked != 1 {
		t.Errorf("asked %d times, want once", asked)
	}
	if err := client.DeleteRoutineCodeVersion(t.Context(), client.TakeSlot(), routine, "1723599747213377999"); err != nil {
		t.Fatal(err)
	}
	if _, err := client.GetRoutineCodeVersionInfo(t.Context(), routine, "1723599747213377999", time.Minute); err == nil {
		t.Error("the version is remembered after it was deleted")
	}
}

// TestUnclearAnswerAboutAVersion is settled by the list, wherever the version stands in it.
func TestUnclearAnswerAboutAVersion(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	simulator.Inject(esasim.Rule{Operation: "GetRoutineCodeVersionInfo", Fault: esasim.ChosenError, Status: 400, Code: "InvalidParameter", Message: "no"})
	client := newClient(t, simulator.URL)
	list, err := client.ListRoutineCodeVersions(t.Context(), routine)
	if err != nil || len(list.Known) < 2 {
		t.Fatal(list, err)
	}
	for _, listed := range list.Known {
		found, err := client.FindCodeVersion(t.Context(), routine, listed.CodeVersion, 0)
		if err != nil || found == nil || found.CodeVersion != listed.CodeVersion {
			t.Errorf("version %s: %+v, %v", listed.CodeVersion, found, err)
		}
	}
	if found, err := client.FindCodeVersion(t.Context(), routine, "1", 0); found != nil || err != nil {
		t.Errorf("a version that is not listed: %+v, %v", found, err)
	}
}

// TestNotFoundStrategyIsSent reserves a version with a strategy, and one without.
func TestNotFoundStrategyIsSent(t *testing.T) {
	t.Parallel()
	simulator := simulate(t)
	client := newClient(t, simulator.URL)
	for _, strategy := range []string{"", "404Page"} {
		form, err := client.CreateRoutineWithAssetsCodeVersion(t.Context(), client.TakeSlot(), esa.CodeVersionInput{Routine: routine, NotFoundStrategy: strategy})
		if err != nil {
			t.Fatal(err)
		}
		version, err := client.GetRoutineCodeVersionInfo(t.Context(), routine, form.CodeVersion, 0)
		if err != nil || version.NotFoundStrategy != strategy {
			t.Errorf("reserved with %q: %+v, %v", strategy, version, err)
		}
	}
}
