package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"voute.dev/voute/server/outbox"
)

// Letters keeps the outbox.
type Letters struct{ *DB }

var _ outbox.Repository = Letters{}

const letterColumns = `id, kind, account, recipient, to_name, language, subject, body, not_after, attempts, next`

// Add puts a letter into the outbox.
func (s Letters) Add(ctx context.Context, l outbox.Letter) error {
	_, err := s.exec(ctx, `INSERT INTO outbox (`+letterColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		l.ID, string(l.Kind), l.Account, l.To, l.ToName, l.Language, l.Subject, l.Text, stamp(l.NotAfter), l.Attempts, stamp(l.Next))
	return letterError(err)
}

// Due is the next letter to try, codes first.
func (s Letters) Due(ctx context.Context, now time.Time) (l outbox.Letter, err error) {
	var notAfter, next int64
	err = s.reader(ctx).QueryRowContext(ctx, `SELECT `+letterColumns+` FROM outbox WHERE next <= ?
		ORDER BY kind = 'code' DESC, next, rowid LIMIT 1`, stamp(now)).Scan(
		&l.ID, &l.Kind, &l.Account, &l.To, &l.ToName, &l.Language, &l.Subject, &l.Text, &notAfter, &l.Attempts, &next)
	if errors.Is(err, sql.ErrNoRows) {
		return outbox.Letter{}, outbox.ErrEmpty
	}
	l.NotAfter, l.Next = moment(notAfter), moment(next)
	return l, letterError(err)
}

// Delay notes another attempt.
func (s Letters) Delay(ctx context.Context, id string, attempts int, next time.Time) error {
	_, err := s.exec(ctx, `UPDATE outbox SET attempts = ?, next = ? WHERE id = ?`, attempts, stamp(next), id)
	return letterError(err)
}

// Remove forgets a letter and what it said.
func (s Letters) Remove(ctx context.Context, id string) error {
	_, err := s.exec(ctx, `DELETE FROM outbox WHERE id = ?`, id)
	return letterError(err)
}

// Recall takes back the letters of a kind.
func (s Letters) Recall(ctx context.Context, kind outbox.Kind) error {
	_, err := s.exec(ctx, `DELETE FROM outbox WHERE kind = ?`, string(kind))
	return letterError(err)
}

func letterError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the outbox: %w", err)
}
