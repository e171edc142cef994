package esa

import "testing"

func TestLazyMapCreatesEachValueOnce(t *testing.T) {
	t.Parallel()
	var values lazyMap[string, *int]
	created := 0
	create := func() *int { created++; return new(int) }
	first, again, other := values.get("a", create), values.get("a", create), values.get("b", create)
	if first != again || first == other || created != 2 {
		t.Errorf("%d values created (first %p, again %p, other %p), want one for each of two keys", created, first, again, other)
	}
}
