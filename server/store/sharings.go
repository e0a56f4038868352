package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"voute.dev/voute/server/share"
)

// Sharings keeps shares. The table shares is had from them: who may read what,
// for a server of an earlier version.
type Sharings struct{ *DB }

var (
	_ share.Repository = Sharings{}
	_ share.Lists      = Sharings{}
	_ share.Ledger     = Sharings{}
)

const (
	sharingColumns = `s.id, s.owner, s.message, s.created, s.expires, s.download_limit, s.notify, s.ended`
	// reading is every document, reader and share that is not over, though its
	// end may have come; stands leaves those out whose has, at the moment ?1.
	reading = `sharings s JOIN sharing_documents d ON d.sharing = s.id JOIN sharing_recipients r ON r.sharing = s.id`
	stands  = `s.ended = 0 AND (s.expires = 0 OR s.expires > ?1)`
)

// Add adds a share.
func (s Sharings) Add(ctx context.Context, x share.Share) error {
	return sharingError(x.ID, s.Within(ctx, func(ctx context.Context) error {
		_, err := s.exec(ctx, `INSERT INTO sharings (id, owner, message, created, expires, download_limit, notify, ended) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			x.ID, x.Owner, x.Message, stamp(x.Created), stamp(x.Expires), x.Limit, x.Notify, stamp(x.Ended))
		if err != nil {
			return err
		}
		for place, document := range x.Documents {
			_, err := s.exec(ctx, `INSERT INTO sharing_documents (sharing, document, place) VALUES (?, ?, ?)`, x.ID, document, place)
			if err != nil {
				return err
			}
		}
		return s.keepReaders(ctx, x)
	}))
}

// Save replaces a share, but for its documents.
func (s Sharings) Save(ctx context.Context, x share.Share) error {
	return sharingError(x.ID, s.Within(ctx, func(ctx context.Context) error {
		n, err := s.exec(ctx, `UPDATE sharings SET message = ?, expires = ?, download_limit = ?, notify = ?, ended = ? WHERE id = ?`,
			x.Message, stamp(x.Expires), x.Limit, x.Notify, stamp(x.Ended), x.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return share.ErrNotFound
		}
		if _, err := s.exec(ctx, `DELETE FROM sharing_recipients WHERE sharing = ?`, x.ID); err != nil {
			return err
		}
		return s.keepReaders(ctx, x)
	}))
}

// keepReaders writes who reads a share, and what follows for the table shares.
func (s Sharings) keepReaders(ctx context.Context, x share.Share) error {
	for _, r := range x.Recipients {
		_, err := s.exec(ctx, `INSERT INTO sharing_recipients (sharing, account, added, told, reminded) VALUES (?, ?, ?, ?, ?)`,
			x.ID, r.Account, stamp(r.Added), stamp(r.Told), stamp(r.Reminded))
		if err != nil {
			return err
		}
	}
	_, err := s.exec(ctx, `INSERT INTO shares (document, account, by_whom, time) SELECT d.document, r.account, s.owner, r.added FROM `+reading+`
		WHERE s.id = ? AND s.ended = 0 ON CONFLICT DO NOTHING`, x.ID)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, `DELETE FROM shares WHERE document IN (SELECT document FROM sharing_documents WHERE sharing = ?) AND NOT EXISTS (
		SELECT 1 FROM `+reading+` WHERE d.document = shares.document AND r.account = shares.account AND s.ended = 0)`, x.ID)
	return err
}

// Find finds a share.
func (s Sharings) Find(ctx context.Context, id string) (share.Share, error) {
	x, err := readSharing(s.reader(ctx).QueryRowContext(ctx, `SELECT `+sharingColumns+` FROM sharings s WHERE id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return share.Share{}, share.ErrNotFound
	}
	if err != nil {
		return x, sharingError(id, err)
	}
	return s.complete(ctx, x)
}

// complete adds documents and recipients.
func (s Sharings) complete(ctx context.Context, x share.Share) (share.Share, error) {
	var err error
	x.Documents, err = list(ctx, s.DB, func(row scanner) (id string, err error) { return id, row.Scan(&id) },
		`SELECT document FROM sharing_documents WHERE sharing = ? ORDER BY place`, x.ID)
	if err == nil {
		x.Recipients, err = list(ctx, s.DB, readRecipient,
			`SELECT account, added, told, reminded FROM sharing_recipients WHERE sharing = ? ORDER BY added, account`, x.ID)
	}
	return x, sharingError(x.ID, err)
}

// Adopt makes a share of each document that a server of an earlier version has
// shared and that is not over; those it was shared with were told.
func (s Sharings) Adopt(ctx context.Context, id func() string) error {
	return s.Within(ctx, func(ctx context.Context) error {
		found, err := list(ctx, s.DB, readBare, `SELECT document, account, by_whom, time FROM shares x WHERE NOT EXISTS (
			SELECT 1 FROM `+reading+` WHERE d.document = x.document AND r.account = x.account AND s.ended = 0)
			AND EXISTS (SELECT 1 FROM documents y WHERE y.id = x.document AND y.state IN ('scanning', 'available')) ORDER BY document, time, account`)
		if err != nil {
			return fmt.Errorf("cannot find what an earlier version shared: %w", err)
		}
		for len(found) > 0 {
			x := found[0]
			n := 1
			for ; n < len(found) && found[n].Documents[0] == x.Documents[0]; n++ {
				x.Recipients = append(x.Recipients, found[n].Recipients...)
			}
			x.ID, found = id(), found[n:]
			if err := s.Add(ctx, x); err != nil {
				return err
			}
		}
		return nil
	})
}

// readBare reads one row of the table shares as a share of its own.
func readBare(row scanner) (x share.Share, err error) {
	var document, account string
	var time int64
	err = row.Scan(&document, &account, &x.Owner, &time)
	x.Created, x.Documents = moment(time), []string{document}
	x.Recipients = []share.Recipient{{Account: account, Added: moment(time), Told: moment(time)}}
	return x, err
}

// Forget removes what ended before.
func (s Sharings) Forget(ctx context.Context, before time.Time) error {
	_, err := s.exec(ctx, `DELETE FROM sharings WHERE ended > 0 AND ended < ?`, stamp(before))
	if err != nil {
		return fmt.Errorf("cannot forget shares that have ended: %w", err)
	}
	return nil
}

// By lists what somebody has shared.
func (s Sharings) By(ctx context.Context, owner string, limit int) ([]share.Share, error) {
	return s.list(ctx, `WHERE owner = ? ORDER BY created DESC, id LIMIT ?`, owner, limit)
}

// With lists what stands for a reader.
func (s Sharings) With(ctx context.Context, account string, now time.Time, limit int) ([]share.Share, error) {
	return s.list(ctx, `WHERE `+stands+` AND id IN (SELECT sharing FROM sharing_recipients WHERE account = ?2) ORDER BY created DESC, id LIMIT ?3`,
		stamp(now), account, limit)
}

// Of lists what stands with a document.
func (s Sharings) Of(ctx context.Context, document string, now time.Time) ([]share.Share, error) {
	return s.list(ctx, `WHERE `+stands+` AND id IN (SELECT sharing FROM sharing_documents WHERE document = ?2) ORDER BY created, id`, stamp(now), document)
}

// Reads tells whether a share that stands lets somebody read a document, or one
// did that is over itself.
func (s Sharings) Reads(ctx context.Context, document, account string, now time.Time) (reads bool, err error) {
	err = s.reader(ctx).QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM `+reading+`
		WHERE d.document = ?2 AND r.account = ?3 AND (`+stands+` OR EXISTS (
			SELECT 1 FROM documents x WHERE x.id = d.document AND x.state IN ('expired', 'deleted', 'shredded'))))`, stamp(now), document, account).Scan(&reads)
	if err != nil {
		return false, fmt.Errorf("cannot tell who reads document %s: %w", document, err)
	}
	return reads, nil
}

// Over lists what is to be ended.
func (s Sharings) Over(ctx context.Context, now time.Time, limit int) ([]share.Share, error) {
	return s.list(ctx, `WHERE ended = 0 AND (NOT (`+stands+`) OR NOT EXISTS (SELECT 1 FROM sharing_documents d JOIN documents x ON x.id = d.document
		WHERE d.sharing = s.id AND x.state IN ('scanning', 'available'))) ORDER BY id LIMIT ?2`, stamp(now), limit)
}

// Unread lists who has not downloaded what is about to end.
func (s Sharings) Unread(ctx context.Context, now, until time.Time) ([]share.Unread, error) {
	all, err := list(ctx, s.DB, readUnread, `SELECT s.id, r.account, r.told, min(CASE WHEN s.expires > 0 AND s.expires < x.expires THEN s.expires ELSE x.expires END) AS ends
		FROM `+reading+` JOIN documents x ON x.id = d.document
		WHERE `+stands+` AND r.told > 0 AND r.reminded = 0 AND x.state = 'available' AND x.expires > ?1
			AND NOT EXISTS (SELECT 1 FROM sharing_downloads t WHERE t.sharing = s.id AND t.account = r.account AND t.document = x.id)
		GROUP BY s.id, r.account HAVING ends <= ?2 ORDER BY s.id, r.account`, stamp(now), stamp(until))
	if err != nil {
		return nil, fmt.Errorf("cannot list what was not downloaded: %w", err)
	}
	return all, nil
}

// Tally is what was downloaded so far.
func (s Sharings) Tally(ctx context.Context, id, account, document string) (share.Tally, error) {
	all, err := s.tallies(ctx, `sharing = ? AND account = ? AND document = ?`, id, account, document)
	if err != nil || len(all) == 0 {
		return share.Tally{Share: id, Account: account, Document: document}, sharingError(id, err)
	}
	return all[0], nil
}

// Put replaces what was downloaded so far.
func (s Sharings) Put(ctx context.Context, t share.Tally) error {
	_, err := s.exec(ctx, `INSERT OR REPLACE INTO sharing_downloads (sharing, account, document, count, first, last, head, asked) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		t.Share, t.Account, t.Document, t.Count, stamp(t.First), stamp(t.Last), t.Head, t.Asked)
	return sharingError(t.Share, err)
}

// Tallies lists who downloaded what through a share, the first download first.
func (s Sharings) Tallies(ctx context.Context, id string) ([]share.Tally, error) {
	all, err := s.tallies(ctx, `sharing = ? ORDER BY first, account, document`, id)
	return all, sharingError(id, err)
}

func (s Sharings) tallies(ctx context.Context, condition string, values ...any) ([]share.Tally, error) {
	return list(ctx, s.DB, readTally, `SELECT sharing, account, document, count, first, last, head, asked FROM sharing_downloads WHERE `+condition, values...)
}

func (s Sharings) list(ctx context.Context, condition string, values ...any) ([]share.Share, error) {
	all, err := list(ctx, s.DB, readSharing, `SELECT `+sharingColumns+` FROM sharings s `+condition, values...)
	for i := 0; err == nil && i < len(all); i++ {
		all[i], err = s.complete(ctx, all[i])
	}
	if err != nil {
		return nil, fmt.Errorf("cannot list shares: %w", err)
	}
	return all, nil
}

func readSharing(row scanner) (x share.Share, err error) {
	var created, expires, ended int64
	err = row.Scan(&x.ID, &x.Owner, &x.Message, &created, &expires, &x.Limit, &x.Notify, &ended)
	x.Created, x.Expires, x.Ended = moment(created), moment(expires), moment(ended)
	return x, err
}

func readRecipient(row scanner) (r share.Recipient, err error) {
	var added, told, reminded int64
	err = row.Scan(&r.Account, &added, &told, &reminded)
	r.Added, r.Told, r.Reminded = moment(added), moment(told), moment(reminded)
	return r, err
}

func readUnread(row scanner) (u share.Unread, err error) {
	var told, end int64
	err = row.Scan(&u.Share, &u.Account, &told, &end)
	u.Told, u.End = moment(told), moment(end)
	return u, err
}

func readTally(row scanner) (t share.Tally, err error) {
	var first, last int64
	err = row.Scan(&t.Share, &t.Account, &t.Document, &t.Count, &first, &last, &t.Head, &t.Asked)
	t.First, t.Last = moment(first), moment(last)
	return t, err
}

func sharingError(id string, err error) error {
	if err == nil || errors.Is(err, share.ErrNotFound) {
		return err
	}
	return fmt.Errorf("share %s: %w", id, err)
}
