package retention

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"voute.dev/voute/server/config"
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

func anyPolicy(zone *time.Location) *rapid.Generator[Policy] {
	return rapid.Custom(func(r *rapid.T) Policy {
		least := rapid.IntRange(1, 60).Draw(r, "min")
		usual := rapid.IntRange(least, 90).Draw(r, "default")
		chooses := rapid.Bool().Draw(r, "chooses")
		return Policy{Zone: zone, Retention: config.Retention{
			MinDays: least, DefaultDays: usual, MaxDays: rapid.IntRange(usual, 400).Draw(r, "max"), SenderMayChoose: &chooses,
			AfterLastDownload:     rapid.SampledFrom([]string{"", config.KeepAfterLastDownload, config.DeleteAfterLastDownload}).Draw(r, "downloaded"),
			AfterLastDownloadDays: rapid.IntRange(0, 30).Draw(r, "delay"),
			Bucket:                rapid.SampledFrom([]string{"", config.DayBucket, config.WeekBucket}).Draw(r, "bucket"),
			ApplyShortening:       rapid.SampledFrom([]string{"", config.ShortenFromNowOn, config.ShortenAll}).Draw(r, "shortening"),
		}}
	})
}

// TestAWeekIsNamedByItsLastDay: so that what is past is past for days and weeks alike.
func TestAWeekIsNamedByItsLastDay(t *testing.T) {
	weekly := Policy{Zone: toronto(t), Retention: config.Retention{Bucket: config.WeekBucket}}
	for expires, want := range map[string]string{
		"2026-11-30T15:00:00Z": "2026-12-06", // a Monday
		"2026-12-05T15:00:00Z": "2026-12-06",
		"2026-12-07T03:00:00Z": "2026-12-06", // Sunday evening in Québec
		"2026-12-07T05:00:00Z": "2026-12-13", // Monday, 00:00
		"2026-12-29T15:00:00Z": "2027-01-03", // across the year
	} {
		at, err := time.Parse(time.RFC3339, expires)
		if err != nil {
			t.Fatal(err)
		}
		if got := weekly.Bucket(at); got != want {
			t.Errorf("%s is in the week until %s, not %s", expires, got, want)
		}
	}
}

// TestNoPolicyLengthensALife lives a document through policies that follow one
// another: each may end it sooner, none later, and its bucket is never over
// before it has expired, nor later than the one before.
func TestNoPolicyLengthensALife(t *testing.T) {
	zone := toronto(t)
	rapid.Check(t, func(r *rapid.T) {
		created := time.Unix(rapid.Int64Range(1_700_000_000, 2_500_000_000).Draw(r, "created"), 0)
		p := anyPolicy(zone).Draw(r, "first policy")
		expires := Expiry(created, p.DefaultDays, zone)
		bucket, now := p.Bucket(expires), created
		for range rapid.IntRange(1, 8).Draw(r, "policies") {
			p = anyPolicy(zone).Draw(r, "policy")
			now = now.Add(time.Duration(rapid.Int64Range(0, 20*24*3600).Draw(r, "seconds later")) * time.Second)
			if !now.Before(expires) {
				return
			}
			next := p.Current(created, expires, now, rapid.Bool().Draw(r, "all have it"))
			if next.After(expires) {
				r.Fatalf("%+v at %s lengthens a life from %s to %s", p, now, expires, next)
			}
			if next.Before(expires) && next.Before(Expiry(now, 1, zone)) {
				r.Fatalf("%+v at %s leaves no day until %s", p, now, next)
			}
			sooner := p.Sooner(bucket, next)
			if sooner > bucket || keys.Bucket(next, zone) > sooner {
				r.Fatalf("what expires at %s goes from bucket %s to %s", next, bucket, sooner)
			}
			if again := p.Current(created, next, now.Add(time.Hour), false); p.ApplyShortening == config.ShortenAll && !again.Equal(next) {
				r.Fatalf("a second look brings %s to %s", next, again)
			}
			expires, bucket = next, sooner
		}
	})
}

func TestWhatASenderMayAskFor(t *testing.T) {
	zone := toronto(t)
	rapid.Check(t, func(r *rapid.T) {
		p := anyPolicy(zone).Draw(r, "policy")
		asked := rapid.IntRange(-1, 420).Draw(r, "days")
		days, err := p.Days(asked)
		if allowed := asked == 0 || asked == p.DefaultDays || p.Choice() && asked >= p.MinDays && asked <= p.MaxDays; allowed != (err == nil) {
			r.Fatalf("%d days are answered with %v", asked, err)
		}
		if err == nil && asked != 0 && days != asked {
			r.Fatalf("%d days became %d", asked, days)
		}
		created := time.Unix(rapid.Int64Range(1_700_000_000, 2_500_000_000).Draw(r, "created"), 0)
		expires := Expiry(created, p.DefaultDays, zone)
		most := p.Longest(created, expires)
		if !p.Choice() && most != 0 {
			r.Fatalf("who may not choose may extend by %d days", most)
		}
		if p.Choice() && most != p.MaxDays-p.DefaultDays {
			r.Fatalf("%d of %d days may be extended by %d", p.DefaultDays, p.MaxDays, most)
		}
		for _, more := range []int{0, 1, most, most + 1} {
			until, err := p.Extended(created, expires, more)
			if allowed := more >= 1 && more <= most; allowed != (err == nil) {
				r.Fatalf("extending by %d of at most %d: %v", more, most, err)
			}
			if err == nil && (!until.After(expires) || until.After(p.Limit(created))) {
				r.Fatalf("extended to %s, at most %s", until, p.Limit(created))
			}
		}
	})
}

func TestReleased(t *testing.T) {
	p := Policy{Zone: toronto(t), Retention: config.Retention{MaxDays: 90}}
	now := time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC)
	for _, c := range []struct{ expires, want time.Time }{
		{now.Add(time.Hour), now.Add(time.Hour)}, {now, now.AddDate(0, 0, GraceDays)}, {now.AddDate(-1, 0, 0), now.AddDate(0, 0, GraceDays)},
	} {
		if got := p.Released(c.expires, now); !got.Equal(c.want) {
			t.Errorf("what would have expired at %s expires at %s, not %s", c.expires, got, c.want)
		}
	}
}
