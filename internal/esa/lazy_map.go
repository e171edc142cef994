package esa

import "sync"

// lazyMap has one value for each key. It makes a value when it is first asked for, and keeps it.
type lazyMap[K comparable, V any] struct {
	values sync.Map
}

// get returns the value of a key. Callers that ask for a new key at the same time get the same value.
func (r *lazyMap[K, V]) get(key K, create func() V) V {
	stored, known := r.values.Load(key)
	if !known {
		stored, _ = r.values.LoadOrStore(key, create())
	}
	value, _ := stored.(V) // nothing else is stored
	return value
}
