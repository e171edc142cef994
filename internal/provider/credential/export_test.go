package credential

import (
	"context"
	"net"
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

// DialInstead has every connection lead to an address.
func DialInstead(t *testing.T, address string) {
	before := dial
	dial = func(dialer *net.Dialer) func(context.Context, string, string) (net.Conn, error) {
		return func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, address)
		}
	}
	t.Cleanup(func() { dial = before })
}

// ProfileFields returns the names of all fields of a profile that are read.
func ProfileFields() []string {
	var names []string
	for field := range reflect.TypeFor[profile]().Fields() {
		names = append(names, field.Tag.Get("json"))
	}
	return names
}
