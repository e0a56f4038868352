package journal

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"time"
)

const atOnce = 1000

// Trim removes lines that are older than a number of days, from the oldest on,
// and writes down that it did; 0 days keeps them all. within runs a
// transaction.
func Trim(ctx context.Context, r Repository, within func(context.Context, func(context.Context) error) error, days int, now time.Time) error {
	if days <= 0 {
		return nil
	}
	before := now.Add(-time.Duration(days) * 24 * time.Hour)
	for {
		var removed int64
		err := within(ctx, func(ctx context.Context) (err error) {
			if removed, err = r.Cut(ctx, before, atOnce); err != nil || removed == 0 {
				return err
			}
			return r.Append(ctx, Entry{Time: now, Kind: JournalTrimmed, Detail: Detail{"lines": strconv.FormatInt(removed, 10)}})
		})
		if err != nil {
			return fmt.Errorf("cannot remove the journal's lines of more than %d days ago: %w", days, err)
		}
		if removed < atOnce {
			return nil
		}
	}
}

// Lines walks through all lines after a number, a page at a time.
func Lines(ctx context.Context, r Repository, after int64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for {
			page, err := r.After(ctx, after, atOnce)
			if err != nil {
				yield(Entry{}, err)
				return
			}
			for _, line := range page {
				if after = line.Number; !yield(line, nil) {
					return
				}
			}
			if len(page) < atOnce {
				return
			}
		}
	}
}
