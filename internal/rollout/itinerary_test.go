package rollout_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"terraform-provider-esa/internal/rollout"
	"terraform-provider-esa/internal/split"
)

// parseSplit reads "90 a + 10 b".
func parseSplit(text string) split.Split {
	var shares []split.Share
	for part := range strings.SplitSeq(text, " + ") {
		if percentage, version, found := strings.Cut(part, " "); found {
			number, err := strconv.Atoi(percentage)
			if err != nil {
				panic(err)
			}
			shares = append(shares, split.Share{CodeVersion: version, Percentage: number})
		}
	}
	return split.Observed(shares...)
}

func steps(percentages ...int) []rollout.Step {
	result := make([]rollout.Step, len(percentages))
	for index, percentage := range percentages {
		result[index] = rollout.Step{Percentage: percentage, BakeTime: time.Duration(index+1) * time.Minute}
	}
	return result
}

var oneCheck = []rollout.Check{{Interval: 10 * time.Second, Timeout: 5 * time.Second, MaxFailures: 1}}

func TestItinerary(t *testing.T) {
	t.Parallel()
	plan := rollout.Plan{Steps: steps(5, 50), BakeTime: 5 * time.Minute, Checks: oneCheck, OnFailure: rollout.RollBackOnFailure}
	day := func(day int) time.Time { return time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC) }
	for name, test := range map[string]struct {
		live, goal string
		created    map[string]time.Time
		want       string
		wantSplits string
	}{
		"the whole way": {
			live: "100 1", goal: "100 2",
			want:       "5% for 1m, 50% for 2m, then 100% for 5m, at least 8m; on failure: roll back",
			wantSplits: "5 2 + 95 1, 50 1 + 50 2, 100 2",
		},
		"to a share below 100": {
			live: "100 1", goal: "30 1 + 70 2",
			want: "5% for 1m, 50% for 2m, then 70% for 5m, at least 8m; on failure: roll back",
		},
		"an interrupted rollout watches the live step again": {
			live: "95 1 + 5 2", goal: "100 2",
			want: "5% (live already) for 1m, 50% for 2m, then 100% for 5m, at least 8m; on failure: roll back",
		},
		"a share between the steps goes on with the next one": {
			live: "80 1 + 20 2", goal: "100 2",
			want:       "50% for 2m, then 100% for 5m, at least 7m; on failure: roll back",
			wantSplits: "50 1 + 50 2, 100 2",
		},
		"the step's share beside another version is not the live step": {
			live: "95 1 + 5 2", goal: "100 3",
			want:       "5% for 1m, 50% for 2m, then 100% for 5m, at least 8m; on failure: roll back",
			wantSplits: "5 3 + 95 1, 50 1 + 50 3, 100 3",
		},
		"the larger of two other versions is stable, and the candidate is newer than that one": {
			live: "90 1 + 10 3", goal: "100 2",
			want:       "5% for 1m, 50% for 2m, then 100% for 5m, at least 8m; on failure: roll back",
			wantSplits: "5 2 + 95 1, 50 1 + 50 2, 100 2",
		},
		"nothing to do": {live: "90 1 + 10 2", goal: "10 2 + 90 1", want: "nothing to do: the planned split is live"},
		"a first release": {
			live: "", goal: "100 2",
			want: "the planned split at once, watched for 5m; on failure: hold; steps skipped: the environment serves no other version, so there is none to go back to",
		},
		"a way back": {
			live: "100 2", goal: "100 1",
			want: "the planned split at once; no checks; steps skipped: code version 1 is older than 2, and a way back is one immediate deployment",
		},
		"a way back in the middle of a rollout": {
			live: "50 1 + 50 2", goal: "100 1",
			want: "the planned split at once; no checks; steps skipped: code version 1 is older than 2, and a way back is one immediate deployment",
		},
		"a way back past two equal shares": {
			live: "50 2 + 50 3", goal: "100 1",
			want: "the planned split at once; no checks; steps skipped: code version 1 is older than 2, and a way back is one immediate deployment",
		},
		"a way back to two versions": {
			live: "100 9", goal: "60 1 + 40 2",
			want: "the planned split at once; no checks; steps skipped: code version 1 is older than 9, and a way back is one immediate deployment",
		},
		"a longer number is newer": {
			live: "100 999", goal: "100 1000",
			want: "5% for 1m, 50% for 2m, then 100% for 5m, at least 8m; on failure: roll back",
		},
		"the creation time counts before the number": {
			live: "100 1", goal: "100 2", created: map[string]time.Time{"1": day(2), "2": day(1)},
			want: "the planned split at once; no checks; steps skipped: code version 2 is older than 1, and a way back is one immediate deployment",
		},
		"the number counts where one creation time is not known": {
			live: "100 1", goal: "100 2", created: map[string]time.Time{"1": day(2)},
			want: "5% for 1m, 50% for 2m, then 100% for 5m, at least 8m; on failure: roll back",
		},
		"the number counts where the creation times are the same": {
			live: "100 1", goal: "100 2", created: map[string]time.Time{"1": day(1), "2": day(1)},
			want: "5% for 1m, 50% for 2m, then 100% for 5m, at least 8m; on failure: roll back",
		},
		"a tie": {
			live: "50 1 + 50 2", goal: "100 3",
			want: "error: rollout: code versions 1 and 2 serve 50% each, so neither is the stable one; deploy only one of them first, or remove the rollout for this release",
		},
		"two versions rise": {
			live: "100 1", goal: "60 2 + 40 3",
			want: "error: rollout: the shares of two code versions rise, 2 and 3, so neither is the candidate; release one of them at a time, or remove the rollout for this release",
		},
		"a third version stays to the end": {
			live: "70 1 + 30 2", goal: "70 3 + 30 2",
			want: "error: rollout: code version 3 displaces 1, but the split ends with 2 beside it, and a step holds two versions; deploy only 1 first, or remove the rollout for this release",
		},
		"steps that reach the goal": {
			live: "100 1", goal: "50 1 + 50 2",
			want: "error: step 2: percentage must be less than 50, the share that the rollout ends at, got: 50",
		},
		"what ESA should never show": {
			live: "50 2", goal: "100 2",
			want: "the planned split at once, watched for 5m; on failure: hold; steps skipped: the environment serves no other version, so there is none to go back to",
		},
	} {
		itinerary, err := rollout.New(plan, parseSplit(test.live), parseSplit(test.goal), test.created)
		got := itinerary.String()
		if err != nil {
			got = "error: " + err.Error()
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if test.wantSplits == "" {
			continue
		}
		var wanted []string
		for text := range strings.SplitSeq(test.wantSplits, ", ") {
			wanted = append(wanted, parseSplit(text).String())
		}
		var splits []string
		for _, stage := range itinerary.Stages {
			splits = append(splits, stage.Split.String())
		}
		if diff := cmp.Diff(wanted, splits); diff != "" {
			t.Errorf("%s: splits (-want +got):\n%s", name, diff)
		}
	}
}

func TestDescriptions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		plan rollout.Plan
		want string
	}{
		{rollout.Plan{Checks: oneCheck, OnFailure: rollout.HoldOnFailure}, "100%; on failure: hold"},
		{rollout.Plan{BakeTime: 90 * time.Second, Checks: oneCheck, OnFailure: rollout.RollBackOnFailure}, "100% for 1m30s; on failure: roll back"},
		{rollout.Plan{Steps: []rollout.Step{{Percentage: 1, BakeTime: time.Hour}}}, "1% for 1h, then 100%, at least 1h; no checks"},
		{rollout.Plan{Steps: []rollout.Step{{Percentage: 1, BakeTime: 10 * time.Second}}, BakeTime: 61 * time.Minute}, "1% for 10s, then 100% for 1h1m, at least 1h1m10s; no checks"},
	} {
		itinerary, err := rollout.New(test.plan, parseSplit("100 1"), parseSplit("100 2"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := itinerary.String(); got != test.want {
			t.Errorf("got  %q\nwant %q", got, test.want)
		}
		if got, want := itinerary.MinimumDuration(), test.plan.MinimumDuration(); got != want {
			t.Errorf("%s: at least %s, want %s", itinerary, got, want)
		}
	}
}

func TestCheckSteps(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		percentages []int
		target      int
		want        string
	}{
		{nil, 100, ""},
		{[]int{1, 2, 99}, 100, ""},
		{[]int{0}, 100, "step 1: percentage must be between 1 and 99, got: 0"},
		{[]int{5, 100}, 100, "step 2: percentage must be between 1 and 99, got: 100"},
		{[]int{5, 5, 3, 6}, 100, "step 2: percentage must be greater than 5, the percentage of the step before, got: 5; step 3: percentage must be greater than 5, the percentage of the step before, got: 3"},
		{[]int{5, 10, 20}, 10, "step 2: percentage must be less than 10, the share that the rollout ends at, got: 10; step 3: percentage must be less than 10, the share that the rollout ends at, got: 20"},
	} {
		got := ""
		if problems := rollout.CheckSteps(test.percentages, test.target); len(problems) > 0 {
			got = problems.Error()
		}
		if got != test.want {
			t.Errorf("%v below %d:\n got %q\nwant %q", test.percentages, test.target, got, test.want)
		}
	}
}

func ExampleItinerary() {
	plan := rollout.Plan{
		Steps:     []rollout.Step{{Percentage: 5, BakeTime: 3 * time.Minute}, {Percentage: 50, BakeTime: 5 * time.Minute}},
		BakeTime:  5 * time.Minute,
		Checks:    []rollout.Check{{Interval: 10 * time.Second, Timeout: 5 * time.Second, MaxFailures: 3}},
		OnFailure: rollout.RollBackOnFailure,
	}
	live := split.Observed(split.Share{CodeVersion: "1723599747213377175", Percentage: 100})
	goal := split.Observed(split.Share{CodeVersion: "1723599747213377176", Percentage: 100})
	itinerary, err := rollout.New(plan, live, goal, nil)
	fmt.Println(itinerary, err)
	// Output: 5% for 3m, 50% for 5m, then 100% for 5m, at least 13m; on failure: roll back <nil>
}
