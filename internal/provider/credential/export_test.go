package credential

import (
	"reflect"
	"testing"
	"time"
)

// LimitAnswers has the answers of services awaited for no longer than limit.
func LimitAnswers(t *testing.T, limit time.Duration) {
	before := [2]time.Duration{serviceLimit, metadataLimit}
	serviceLimit, metadataLimit = limit, limit
	t.Cleanup(func() { serviceLimit, metadataLimit = before[0], before[1] })
}

// ProfileFields returns the names of all fields of a profile that are read.
func ProfileFields() []string {
	var names []string
	for field := range reflect.TypeFor[profile]().Fields() {
		names = append(names, field.Tag.Get("json"))
	}
	return names
}
