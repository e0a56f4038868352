package retention

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"voute.dev/voute/server/keys"
)

func toronto(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("America/Toronto")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestExpiry(t *testing.T) {
	zone := toronto(t)
	for _, c := range []struct {
		from           string
		days           int
		expiry, bucket string
	}{
		{"2026-11-22T15:04:05Z", 30, "2026-12-22T15:04:05Z", "2026-12-22"},
		{"2026-11-23T03:30:00Z", 1, "2026-11-24T03:30:00Z", "2026-11-23"}, // 22:30 in Québec
		{"2026-03-07T15:00:00Z", 1, "2026-03-08T14:00:00Z", "2026-03-08"}, // the day has 23 hours
		{"2026-10-31T14:00:00Z", 1, "2026-11-01T15:00:00Z", "2026-11-01"}, // and 25
	} {
		from, err := time.Parse(time.RFC3339, c.from)
		if err != nil {
			t.Fatal(err)
		}
		expiry := Expiry(from, c.days, zone)
		if got := expiry.UTC().Format(time.RFC3339); got != c.expiry || keys.Bucket(expiry, zone) != c.bucket {
			t.Errorf("%s and %d days: %s in %s, want %s in %s", c.from, c.days, got, keys.Bucket(expiry, zone), c.expiry, c.bucket)
		}
	}
}

// TestBucketEndsAfterExpiry: the key of a bucket, deleted when its day is past,
// is never deleted while a document in it still counts.
func TestBucketEndsAfterExpiry(t *testing.T) {
	zone := toronto(t)
	rapid.Check(t, func(r *rapid.T) {
		from := time.Unix(rapid.Int64Range(1_700_000_000, 2_500_000_000).Draw(r, "from"), 0)
		days := rapid.IntRange(1, 3660).Draw(r, "days")
		expiry := Expiry(from, days, zone)
		day, err := time.ParseInLocation(time.DateOnly, keys.Bucket(expiry, zone), zone)
		if err != nil {
			r.Fatal(err)
		}
		if expiry.Before(day) || !expiry.Before(day.AddDate(0, 0, 1)) {
			r.Fatalf("expiry %s lies outside bucket %s", expiry, day)
		}
		today, _ := time.ParseInLocation(time.DateOnly, keys.Bucket(from, zone), zone)
		if !day.Equal(today.AddDate(0, 0, days)) {
			r.Fatalf("bucket %s is not %d days after %s", day, days, today)
		}
	})
}
