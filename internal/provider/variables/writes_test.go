package variables

import (
	"maps"
	"testing"
)

// TestSecretTimes forgets the time of a secret that was sent where the last read may not show the last attempt: a time that belongs
// to another attempt would look like a change by someone else.
func TestSecretTimes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		sent        int
		before, now string
		known       bool
	}{
		"not sent":                           {0, "1", "1", true},
		"not sent, set by someone else":      {0, "1", "2", true},
		"sent once, and shown":               {1, "1", "2", true},
		"sent once, and not shown yet":       {1, "1", "1", false},
		"sent twice, and the first is shown": {2, "1", "2", false},
		"sent three times":                   {3, "1", "2", false},
	} {
		c := change{
			secrets: map[string]string{"TOKEN": "value"}, sent: test.sent, before: &set{times: times{"TOKEN": test.before, "OTHER": "1"}},
			seen: set{times: times{"TOKEN": test.now, "OTHER": "1"}},
		}
		want := times{"OTHER": "1"}
		if test.known {
			want["TOKEN"] = test.now
		}
		if got := c.secretTimes(); !maps.Equal(got, want) {
			t.Errorf("%s: times %v, want %v", name, got, want)
		}
	}
}

// TestSecretsOfOthers stops where a secret was set at another time than the plan knows, unless this change has sent it.
func TestSecretsOfOthers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		key       string
		sent      int
		permitted bool
	}{
		"to be sent":              {"TOKEN", 0, false},
		"sent":                    {"TOKEN", 1, true},
		"sent twice":              {"TOKEN", 2, true},
		"another one, unsent":     {"OTHER", 0, false},
		"another one, meanwhile":  {"OTHER", 1, false},
		"another one, afterwards": {"OTHER", 2, false},
	} {
		both := []string{"OTHER", "TOKEN"}
		before := set{secrets: both, times: times{"TOKEN": "1", "OTHER": "1"}}
		c := change{secrets: map[string]string{"TOKEN": "value"}, goal: set{secrets: both}, before: &before, sent: test.sent}
		seen := set{secrets: both, times: maps.Clone(before.times)}
		seen.times[test.key] = "2"
		if err := c.permitted(seen); (err == nil) != test.permitted {
			t.Errorf("%s: %v", name, err)
		}
	}
}
