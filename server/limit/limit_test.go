package limit

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// TestNeverMoreThanTheBurstAndWhatWasEarned is the promise of a token bucket.
func TestNeverMoreThanTheBurstAndWhatWasEarned(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		now := noon
		l := &Limiter{Burst: rapid.IntRange(1, 5).Draw(r, "burst"), Every: time.Minute, MaxKeys: 10, Now: func() time.Time { return now }}
		taken := 0
		for range rapid.IntRange(1, 50).Draw(r, "attempts") {
			now = now.Add(time.Duration(rapid.IntRange(0, 90).Draw(r, "seconds")) * time.Second)
			wait := l.Take("a")
			if wait == 0 {
				taken++
			}
			if most := l.Burst + int(now.Sub(noon)/time.Minute); taken > most {
				r.Fatalf("%d taken after %s, at most %d", taken, now.Sub(noon), most)
			}
			if wait > 0 {
				now = now.Add(wait)
				if again := l.Take("a"); again != 0 {
					r.Fatalf("after waiting %s there is %s more to wait", wait, again)
				}
				taken++
			}
		}
	})
}

func TestGivenBackCountsForNothing(t *testing.T) {
	l := &Limiter{Burst: 1, Every: time.Minute, MaxKeys: 10, Now: func() time.Time { return noon }}
	for range 10 {
		if l.Take("a") != 0 {
			t.Fatal("a right password counts")
		}
		l.GiveBack("a")
	}
	l.GiveBack("a")
	l.Take("a")
	if l.Take("a") == 0 {
		t.Error("more is given back than was taken")
	}
}

func TestManyAtOnceGetNoMore(t *testing.T) {
	l := &Limiter{Burst: 7, Every: time.Hour, MaxKeys: 10, Now: func() time.Time { return noon }}
	var group sync.WaitGroup
	taken := make(chan bool, 100)
	for range cap(taken) {
		group.Go(func() { taken <- l.Take("a") == 0 })
	}
	group.Wait()
	close(taken)
	n := 0
	for ok := range taken {
		if ok {
			n++
		}
	}
	if n != 7 {
		t.Errorf("%d of 100 got through, want 7", n)
	}
}

// TestFloodingFreesNobody fills the table with other keys.
func TestFloodingFreesNobody(t *testing.T) {
	l := &Limiter{Burst: 3, Every: time.Hour, MaxKeys: 10, Now: func() time.Time { return noon }}
	for range 3 {
		l.Take("guesser")
	}
	for i := range 1000 {
		l.Take(fmt.Sprint(i))
	}
	if l.Take("guesser") == 0 {
		t.Error("the guesser is forgotten")
	}
	if len(l.earned) > 10 {
		t.Errorf("%d keys are held", len(l.earned))
	}
}
