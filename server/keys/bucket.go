package keys

import (
	"fmt"
	"time"
)

// bucketLayout is how a bucket is written.
const bucketLayout = "2006-01-02"

// Bucket is the calendar day of an instant in a zone.
func Bucket(t time.Time, zone *time.Location) string {
	return t.In(zone).Format(bucketLayout)
}

// CheckBucket accepts a calendar day.
func CheckBucket(bucket string) error {
	if day, err := time.Parse(bucketLayout, bucket); err != nil || day.Format(bucketLayout) != bucket {
		return fmt.Errorf("%q is no bucket; one is a calendar day like 2026-12-03", bucket)
	}
	return nil
}

// CheckOpen refuses a bucket whose day is over in the zone: its key may be
// deleted already, and must not be brought to life again.
func CheckOpen(bucket string, now time.Time, zone *time.Location) error {
	if err := CheckBucket(bucket); err != nil {
		return err
	}
	if today := Bucket(now, zone); bucket < today {
		return fmt.Errorf("%w: %s lies before %s; give the document a later expiry", ErrPastBucket, bucket, today)
	}
	return nil
}
