package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"voute.dev/voute/server/document"
)

var (
	_ document.Dues      = Documents{}
	_ document.Downloads = Documents{}
)

// live are documents with bytes that may still be read.
const live = `state IN ('scanning', 'available')`

// Due adds up what is due.
func (s Documents) Due(ctx context.Context, now time.Time) (due document.Due, err error) {
	var next int64
	err = s.reader(ctx).QueryRowContext(ctx, `SELECT
		coalesce((SELECT min(bucket) FROM documents WHERE (wrapped_key <> '' OR state = 'receiving') AND bucket <> 'hold'), ''),
		coalesce((SELECT min(expires) FROM documents WHERE `+live+` AND bucket <> 'hold'), 0),
		(SELECT count(*) FROM documents WHERE `+live+` AND expires <= ?),
		(SELECT count(*) FROM documents WHERE (wrapped_key <> '' OR state = 'receiving') AND bucket = 'hold')`, stamp(now.AddDate(0, 0, 7))).
		Scan(&due.EarliestBucket, &next, &due.DueIn7Days, &due.Held)
	if err != nil {
		return due, fmt.Errorf("cannot add up what is due: %w", err)
	}
	due.NextExpiry = moment(next)
	return due, nil
}

// Complete tells whether each recipient of a document has asked for its bytes.
func (s Documents) Complete(ctx context.Context, id string) (complete bool, err error) {
	err = s.reader(ctx).QueryRowContext(ctx, `SELECT count(*) > 0 AND count(*) = sum(EXISTS (
		SELECT 1 FROM journal WHERE kind = 'document.downloaded' AND object = shares.document AND actor = shares.account))
		FROM shares WHERE document = ?`, id).Scan(&complete)
	return complete, documentError(id, err)
}

// Live lists what may still expire sooner.
func (s Documents) Live(ctx context.Context, after string, limit int) ([]document.Document, error) {
	return s.list(ctx, live+` AND bucket <> 'hold' AND id > ? ORDER BY id LIMIT ?`, after, limit)
}

// ForPilots lists what can be, or is, under legal hold, the newest first.
func (s Documents) ForPilots(ctx context.Context, search document.Search, limit int) ([]document.Document, error) {
	conditions, values := []string{`state = 'available'`}, []any{}
	if search.Owner != "" {
		conditions, values = append(conditions, `owner = ?`), append(values, search.Owner)
	}
	if search.ID != "" {
		conditions, values = append(conditions, `substr(id, 1, ?) = ?`), append(values, len(search.ID), search.ID)
	}
	if search.Held {
		conditions = append(conditions, `bucket = 'hold'`)
	}
	return s.list(ctx, strings.Join(conditions, " AND ")+` ORDER BY created DESC, id LIMIT ?`, append(values, limit)...)
}
