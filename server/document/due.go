package document

import (
	"context"
	"time"
)

// Due is what there is to be shredded, and what was. It names nothing.
type Due struct {
	// EarliestBucket is the first of those with something in it that may still be
	// opened; empty when there is none. Documents under legal hold are in none.
	EarliestBucket string
	NextExpiry     time.Time // zero when there is none
	DueIn7Days     int64
	Held           int64
}

// Dues adds up what is due.
type Dues interface {
	Due(ctx context.Context, now time.Time) (Due, error)
}
