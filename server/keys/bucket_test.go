package keys_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"voute.dev/voute/server/keys"
)

func TestBucketBeginsAtLocalMidnight(t *testing.T) {
	zone, err := time.LoadLocation("America/Toronto")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		instant, bucket string
	}{
		{"2026-12-04T04:59:59Z", "2026-12-03"},
		{"2026-12-04T05:00:00Z", "2026-12-04"},
		{"2026-07-01T03:59:59Z", "2026-06-30"}, // daylight saving
		{"2026-07-01T04:00:00Z", "2026-07-01"},
	} {
		instant, err := time.Parse(time.RFC3339, c.instant)
		if err != nil {
			t.Fatal(err)
		}
		if got := keys.Bucket(instant, zone); got != c.bucket {
			t.Errorf("%s lies in %s, not in %s", c.instant, c.bucket, got)
		}
	}
}

// A bucket is open exactly until its day is over.
func TestCheckOpen(t *testing.T) {
	zone := time.FixedZone("", -5*3600)
	rapid.Check(t, func(t *rapid.T) {
		day := time.Date(2026, 1, rapid.IntRange(1, 3650).Draw(t, "day"), 0, 0, 0, 0, zone)
		now := day.Add(time.Duration(rapid.Int64Range(-72, 72).Draw(t, "minutes away")) * 30 * time.Minute)
		past := !now.Before(day.AddDate(0, 0, 1))
		err := keys.CheckOpen(keys.Bucket(day, zone), now, zone)
		if errors.Is(err, keys.ErrPastBucket) != past || (err != nil) != past {
			t.Fatalf("bucket %s at %s: %v", keys.Bucket(day, zone), now, err)
		}
	})
}

func TestCheckBucket(t *testing.T) {
	for _, bucket := range []string{"", "2026-12-3", "2026-02-30", "2026-12-03 ", "hold", "20261203", "2026/12/03"} {
		if keys.CheckBucket(bucket) == nil {
			t.Errorf("%q passes as a bucket", bucket)
		}
	}
	if err := keys.CheckBucket("2028-02-29"); err != nil {
		t.Error(err)
	}
}

// Only moving knows the hold key, and to a bucket it moves by the clock.
func TestHoldIsNoBucket(t *testing.T) {
	now := time.Date(2026, 12, 3, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		bucket         string
		origin, target bool
	}{
		{keys.Hold, true, true},
		{"2026-12-02", true, false},
		{"2026-12-03", true, true},
		{"2026-12-04", true, true},
		{"holds", false, false},
		{"", false, false},
	} {
		if got := keys.CheckOrigin(c.bucket) == nil; got != c.origin {
			t.Errorf("a key may be wrapped by %q: %v", c.bucket, got)
		}
		if got := keys.CheckTarget(c.bucket, now, time.UTC) == nil; got != c.target {
			t.Errorf("a key may be moved to %q: %v", c.bucket, got)
		}
	}
}
