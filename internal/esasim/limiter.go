package esasim

import (
	"sync"
	"time"
)

// limiter is one token bucket for each operation, holding one second's worth.
type limiter struct {
	perSecond int // 0: no limit
	mutex     sync.Mutex
	buckets   map[string]bucket
}

type bucket struct {
	tokens float64
	filled time.Time
}

// take takes a token, or refuses the call where there is none.
func (l *limiter) take(operation string, now time.Time) *apiError {
	if l.perSecond <= 0 {
		return nil
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	rate := float64(l.perSecond)
	b, known := l.buckets[operation]
	if !known {
		b = bucket{tokens: rate, filled: now}
	}
	if passed := now.Sub(b.filled).Seconds(); passed > 0 {
		b.tokens = min(rate, b.tokens+passed*rate)
	}
	b.filled = now
	granted := b.tokens >= 1
	if granted {
		b.tokens--
	}
	if l.buckets == nil {
		l.buckets = map[string]bucket{}
	}
	l.buckets[operation] = b
	if !granted {
		return refuse(codeThrottlingUser, "more than %d calls of %s a second", l.perSecond, operation)
	}
	return nil
}
