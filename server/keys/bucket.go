package keys

import (
	"fmt"
	"time"
)

// bucketLayout is how a bucket is written.
const bucketLayout = "2006-01-02"

// Hold stands beside the buckets: no day closes it. Data keys are moved there
// and back; none is made there.
const Hold = "hold"

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

// CheckOrigin accepts what a data key may be wrapped by: a bucket, over or not,
// or Hold.
func CheckOrigin(bucket string) error {
	if bucket == Hold {
		return nil
	}
	return CheckBucket(bucket)
}

// CheckTarget accepts what a data key may be moved to: a bucket whose day is not
// over, or Hold.
func CheckTarget(bucket string, now time.Time, zone *time.Location) error {
	if bucket == Hold {
		return nil
	}
	return CheckOpen(bucket, now, zone)
}
