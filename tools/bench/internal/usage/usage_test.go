package usage_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"terraform-provider-esa/tools/bench/internal/usage"
)

func TestTakeReturnsWhatWasAppended(t *testing.T) {
	path := filepath.Join(t.TempDir(), "usage")
	want := []usage.Usage{{CPU: time.Second, Peak: 50 << 20}, {CPU: 2 * time.Second, Peak: 40 << 20}}
	for _, u := range want {
		if err := usage.Append(path, u); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := usage.Take(path); err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := usage.Take(path); err != nil || got != nil {
		t.Errorf("the second time, got %v, %v", got, err)
	}
}

func TestTakeRefusesHalfALine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "usage")
	if err := os.WriteFile(path, []byte(`{"cpu_ns":`), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := usage.Take(path); err == nil {
		t.Errorf("got %v", got)
	}
}
