package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"voute.dev/voute/server/document"
)

// Documents keeps documents.
type Documents struct{ *DB }

var (
	_ document.Repository = Documents{}
	_ document.Lists      = Documents{}
)

const documentColumns = `id, owner, name, size, reserved, sha256, state, detail, expires, created, bucket, wrapped_key, blob, scan_attempts, scan_next, scan_deadline`

// Add adds a document.
func (s Documents) Add(ctx context.Context, d document.Document) error {
	_, err := s.exec(ctx, `INSERT INTO documents (`+documentColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, documentValues(d)...)
	return documentError(d.ID, err)
}

// Find finds a document.
func (s Documents) Find(ctx context.Context, id string) (document.Document, error) {
	d, err := readDocument(s.reader(ctx).QueryRowContext(ctx, `SELECT `+documentColumns+` FROM documents WHERE id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return document.Document{}, document.ErrNotFound
	}
	if err != nil {
		return d, documentError(id, err)
	}
	return s.withHold(ctx, d)
}

// Save replaces a document that is still in state from.
func (s Documents) Save(ctx context.Context, d document.Document, from document.State) error {
	n, err := s.exec(ctx, `UPDATE documents SET (`+documentColumns+`) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE id = ? AND state = ?`,
		append(documentValues(d), d.ID, string(from))...)
	if err == nil && n == 0 {
		return document.ErrChanged
	}
	return documentError(d.ID, err)
}

// Remove forgets a document that did not arrive.
func (s Documents) Remove(ctx context.Context, id string) error {
	_, err := s.exec(ctx, `DELETE FROM documents WHERE id = ?`, id)
	return documentError(id, err)
}

// Reserve is one statement: of two that race for the last room one wins.
func (s Documents) Reserve(ctx context.Context, id string, bytes, quota int64) error {
	n, err := s.exec(ctx, `UPDATE documents SET reserved = ?1 WHERE id = ?2 AND state = 'receiving' AND ?1 <= ?3 - (
		SELECT coalesce(sum(size + reserved), 0) FROM documents WHERE `+counts+` AND id <> ?2)`,
		bytes, id, quota)
	if err == nil && n == 0 {
		return document.ErrQuota
	}
	return documentError(id, err)
}

// counts is what takes room; the index documents_room says the same.
const counts = `(state IN ('receiving', 'scanning', 'available') OR (state = 'quarantined' AND blob <> ''))`

const usageQuery = `SELECT coalesce(sum(size), 0), coalesce(sum(reserved), 0), count(*) FROM documents WHERE ` + counts

// Usage adds up what counts against the quota.
func (s Documents) Usage(ctx context.Context) (u document.Usage, err error) {
	err = s.reader(ctx).QueryRowContext(ctx, usageQuery).Scan(&u.Used, &u.Reserved, &u.Documents)
	if err != nil {
		return u, fmt.Errorf("cannot add up the documents: %w", err)
	}
	return u, nil
}

// SentBy lists what a person has sent, the newest first.
func (s Documents) SentBy(ctx context.Context, account string) ([]document.Document, error) {
	return s.list(ctx, `owner = ? AND state IN ('scanning', 'available', 'quarantined', 'failed') ORDER BY created DESC, id`, account)
}

// SharedWith lists what others share with a person, the newest first.
func (s Documents) SharedWith(ctx context.Context, account string, now time.Time) ([]document.Document, error) {
	return s.list(ctx, `id IN (SELECT d.document FROM `+reading+` WHERE `+stands+` AND r.account = ?2)
		AND state IN ('scanning', 'available', 'quarantined', 'failed') ORDER BY created DESC, id`, stamp(now), account)
}

// ToScan lists what waits for the antivirus. All have waited from their deadline
// less the same time.
func (s Documents) ToScan(ctx context.Context, now time.Time, limit int) ([]document.Document, error) {
	return s.list(ctx, `state = 'scanning' AND scan_next <= ? ORDER BY scan_deadline, id LIMIT ?`, stamp(now), limit)
}

// Queue lists what waits for the antivirus, or is before it.
func (s Documents) Queue(ctx context.Context) ([]string, error) {
	all, err := list(ctx, s.DB, func(row scanner) (id string, err error) { return id, row.Scan(&id) },
		`SELECT id FROM documents WHERE state = 'scanning' ORDER BY scan_deadline, id`)
	if err != nil {
		return nil, fmt.Errorf("cannot list the documents that wait for the antivirus: %w", err)
	}
	return all, nil
}

// InQuarantine lists what is kept of infected documents.
func (s Documents) InQuarantine(ctx context.Context) ([]document.Document, error) {
	return s.list(ctx, `state = 'quarantined' AND blob <> '' ORDER BY created DESC, id`)
}

// ToExpire lists what is past its time.
func (s Documents) ToExpire(ctx context.Context, now time.Time, limit int) ([]document.Document, error) {
	return s.list(ctx, `state IN ('scanning', 'available', 'quarantined', 'failed') AND expires <= ? ORDER BY expires, id LIMIT ?`, stamp(now), limit)
}

// ToUnlink lists what nobody is to read any more and is still there.
func (s Documents) ToUnlink(ctx context.Context, limit int) ([]document.Document, error) {
	return s.list(ctx, `state IN ('expired', 'deleted') OR (state = 'failed' AND blob <> '') ORDER BY id LIMIT ?`, limit)
}

// Receiving lists uploads under way or broken off.
func (s Documents) Receiving(ctx context.Context) ([]document.Document, error) {
	return s.list(ctx, `state = 'receiving' ORDER BY id`)
}

func (s Documents) list(ctx context.Context, condition string, values ...any) ([]document.Document, error) {
	all, err := list(ctx, s.DB, readDocument, `SELECT `+documentColumns+` FROM documents WHERE `+condition, values...)
	if err != nil {
		return nil, fmt.Errorf("cannot list documents: %w", err)
	}
	return s.withHolds(ctx, all)
}

func documentValues(d document.Document) []any {
	return []any{
		d.ID, d.Owner, d.Name, d.Size, d.Reserved, d.SHA256, string(d.State), d.Detail, stamp(d.Expires), stamp(d.Created),
		d.Bucket, d.WrappedKey, d.Blob, d.Scan.Attempts, stamp(d.Scan.Next), stamp(d.Scan.Deadline),
	}
}

func readDocument(row scanner) (d document.Document, err error) {
	var expires, created, next, deadline int64
	err = row.Scan(&d.ID, &d.Owner, &d.Name, &d.Size, &d.Reserved, &d.SHA256, &d.State, &d.Detail, &expires, &created,
		&d.Bucket, &d.WrappedKey, &d.Blob, &d.Scan.Attempts, &next, &deadline)
	d.Expires, d.Created, d.Scan.Next, d.Scan.Deadline = moment(expires), moment(created), moment(next), moment(deadline)
	return d, err
}

func documentError(id string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the row of document %s: %w", id, err)
}
