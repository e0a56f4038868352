// Package retention computes when documents expire, and in which bucket. It
// knows no clock and no database.
//
// A document's end is fixed when it is sent. Afterwards it moves
//
//   - later, when its sender asks for it, and up to maxDays after it was sent;
//   - sooner, when a smaller maximum holds for all, or when all recipients have
//     had the document and the policy says so. What was there before such a policy
//     is left some time, in which a mistake can be mended;
//   - never later by a change of the policy alone.
//
// A bucket is what shares a key. It is a calendar day, or a week from Monday to
// Sunday, and always named by its last day: whether it is past is a comparison
// of two dates, whatever the policy was when it began. A document's expiry never
// lies after the last day of its bucket.
package retention

import (
	"errors"
	"time"

	"voute.dev/voute/server/config"
	"voute.dev/voute/server/keys"
)

// GraceDays are left to documents that a new policy would end at once, and to
// those that are released from a legal hold after their time.
const GraceDays = 3

// ErrDays means that the policy does not allow so many days.
var ErrDays = errors.New("the number of days is not allowed")

// Never is when a document under legal hold expires.
var Never = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// Expiry is the same wall-clock time, days later. Where the clocks skip that time
// it is an hour off, on the same day.
func Expiry(from time.Time, days int, zone *time.Location) time.Time {
	return from.In(zone).AddDate(0, 0, days).Truncate(time.Second)
}

// Policy is what holds now, in the zone where days begin.
type Policy struct {
	config.Retention
	Zone *time.Location
}

// Of is the policy of a configuration.
func Of(c *config.Config) Policy { return Policy{c.Retention, c.Location()} }

// Choice tells whether senders choose how long a document lives.
func (p Policy) Choice() bool { return p.SenderMayChoose == nil || *p.SenderMayChoose }

// Days is how many a new document lives of which so many are asked for; 0 asks
// for the default.
func (p Policy) Days(asked int) (int, error) {
	switch {
	case asked == 0 || asked == p.DefaultDays:
		return p.DefaultDays, nil
	case !p.Choice() || asked < p.MinDays || asked > p.MaxDays:
		return 0, ErrDays
	}
	return asked, nil
}

// Bucket is named by its last day.
func (p Policy) Bucket(expires time.Time) string {
	local := expires.In(p.Zone)
	if p.Retention.Bucket == config.WeekBucket {
		local = local.AddDate(0, 0, (7-int(local.Weekday()))%7)
	}
	return keys.Bucket(local, p.Zone)
}

// Limit is the latest end of a document that was sent then.
func (p Policy) Limit(created time.Time) time.Time { return Expiry(created, p.MaxDays, p.Zone) }

// Extended is the end of a document whose sender lengthens its life by days.
func (p Policy) Extended(created, expires time.Time, days int) (time.Time, error) {
	until := Expiry(expires, days, p.Zone)
	if !p.Choice() || days < 1 || days > p.MaxDays || until.After(p.Limit(created)) {
		return time.Time{}, ErrDays
	}
	return until, nil
}

// Longest is by how many days a document's life may still be lengthened.
func (p Policy) Longest(created, expires time.Time) int {
	days := 0
	for step := 1 << 12; step > 0; step >>= 1 {
		if _, err := p.Extended(created, expires, days+step); err == nil {
			days += step
		}
	}
	return days
}

// Current is the end of a document now: the one that it had, or a sooner one.
// downloaded says that all of its recipients have had it.
func (p Policy) Current(created, expires, now time.Time, downloaded bool) time.Time {
	if p.ApplyShortening == config.ShortenAll {
		expires = earlier(expires, later(p.Limit(created), Expiry(now, GraceDays, p.Zone)))
	}
	if downloaded && p.AfterLastDownload == config.DeleteAfterLastDownload {
		expires = earlier(expires, Expiry(now, max(1, p.AfterLastDownloadDays), p.Zone))
	}
	return expires
}

// Sooner is the bucket of a document that expires then and is in one already:
// that one, unless it need not wait so long.
func (p Policy) Sooner(bucket string, expires time.Time) string {
	return min(bucket, p.Bucket(expires))
}

// Released is the end of a document that is no longer under legal hold: the one
// that it had, or some days from now.
func (p Policy) Released(expires, now time.Time) time.Time {
	if expires.After(now) {
		return expires
	}
	return Expiry(now, GraceDays, p.Zone)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
