// Package retention computes when documents expire. The bucket that follows
// from it is a matter of package keys.
package retention

import "time"

// Expiry is the same wall-clock time, days later. Where the clocks skip that time
// it is an hour off, on the same day.
func Expiry(from time.Time, days int, zone *time.Location) time.Time {
	return from.In(zone).AddDate(0, 0, days).Truncate(time.Second)
}
