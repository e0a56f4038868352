package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"voute.dev/voute/server/session"
)

// Sessions keeps sessions.
type Sessions struct{ *DB }

var _ session.Repository = Sessions{}

const sessionColumns = `digest, account, stage, next, created, seen, expires, code, code_expires, code_tries, code_sent`

// Put adds a session or replaces the one with its digest.
func (s Sessions) Put(ctx context.Context, x session.Session) error {
	_, err := s.exec(ctx, `INSERT OR REPLACE INTO sessions (`+sessionColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		x.Digest, x.Account, string(x.Stage), x.Next, stamp(x.Created), stamp(x.Seen), stamp(x.Expires),
		x.Code.Digest, stamp(x.Code.Expires), x.Code.Tries, x.Code.Sent)
	return sessionError(err)
}

// Find finds a session by the digest of its token.
func (s Sessions) Find(ctx context.Context, digest []byte) (x session.Session, err error) {
	var created, seen, expires, code int64
	err = s.reader(ctx).QueryRowContext(ctx, `SELECT `+sessionColumns+` FROM sessions WHERE digest = ?`, digest).Scan(
		&x.Digest, &x.Account, &x.Stage, &x.Next, &created, &seen, &expires, &x.Code.Digest, &code, &x.Code.Tries, &x.Code.Sent)
	if errors.Is(err, sql.ErrNoRows) {
		return session.Session{}, session.ErrNotFound
	}
	x.Created, x.Seen, x.Expires, x.Code.Expires = moment(created), moment(seen), moment(expires), moment(code)
	return x, sessionError(err)
}

// Remove ends a session.
func (s Sessions) Remove(ctx context.Context, digest []byte) error {
	_, err := s.exec(ctx, `DELETE FROM sessions WHERE digest = ?`, digest)
	return sessionError(err)
}

// RemoveOf ends all sessions of a person.
func (s Sessions) RemoveOf(ctx context.Context, account string) error {
	_, err := s.exec(ctx, `DELETE FROM sessions WHERE account = ?`, account)
	return sessionError(err)
}

// RemoveExpired removes what ended before now.
func (s Sessions) RemoveExpired(ctx context.Context, now time.Time) error {
	_, err := s.exec(ctx, `DELETE FROM sessions WHERE expires <= ?`, stamp(now))
	return sessionError(err)
}

func sessionError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the table of sessions: %w", err)
}
