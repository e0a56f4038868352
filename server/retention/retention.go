// Package retention computes when documents expire and which bucket that is.
// A bucket is the calendar day of the platform's time zone in which a document
// expires; its key is deleted when the day is past.
package retention

import "time"

// Expiry is the same wall-clock time, days later. Where the clocks skip that time
// it is an hour off, on the same day.
func Expiry(from time.Time, days int, zone *time.Location) time.Time {
	return from.In(zone).AddDate(0, 0, days).Truncate(time.Second)
}

// Bucket names the local day of an instant.
func Bucket(at time.Time, zone *time.Location) string {
	return at.In(zone).Format(time.DateOnly)
}
