// Package limit slows down whoever guesses, in bounded memory: a key may have
// a burst of events at once, and one more each interval.
//
// It is the generic cell rate algorithm. Of a key only one instant is kept:
// when everything it has taken will have been earned again. A full table
// forgets the keys that have least to remember; so filling it with new keys
// does not free a guesser.
package limit

import (
	"sync"
	"time"
)

// Limiter allows Burst events at once for a key and one more each Every.
type Limiter struct {
	Burst   int
	Every   time.Duration
	MaxKeys int
	Now     func() time.Time

	mu     sync.Mutex
	earned map[string]time.Time
}

// Take takes one event from the key and returns 0, or takes nothing and returns
// how long until there is one. Looking and taking are one step, so that many
// attempts at once get no more than the burst.
func (l *Limiter) Take(key string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.Now()
	earned := later(l.earned[key], now)
	if wait := earned.Sub(now) - time.Duration(l.Burst-1)*l.Every; wait > 0 {
		return wait
	}
	l.put(key, earned.Add(l.Every))
	return 0
}

// GiveBack undoes one Take.
func (l *Limiter) GiveBack(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	earned, known := l.earned[key]
	if !known {
		return
	}
	if earned = earned.Add(-l.Every); earned.After(l.Now()) {
		l.earned[key] = earned
	} else {
		delete(l.earned, key)
	}
}

func (l *Limiter) put(key string, earned time.Time) {
	if l.earned == nil {
		l.earned = map[string]time.Time{}
	}
	if _, known := l.earned[key]; !known && len(l.earned) >= l.MaxKeys {
		l.forget()
	}
	l.earned[key] = earned
}

// forget drops every key that has earned all again, and if there is none, the
// one that will soonest.
func (l *Limiter) forget() {
	now, soonest := l.Now(), ""
	for key, earned := range l.earned {
		if !earned.After(now) {
			delete(l.earned, key)
		}
		if soonest == "" || earned.Before(l.earned[soonest]) {
			soonest = key
		}
	}
	delete(l.earned, soonest)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
