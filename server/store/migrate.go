package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

//go:embed migrations
var shipped embed.FS

// ErrNewer means that a later version has changed the tables in a way that this
// one cannot read.
var ErrNewer = errors.New("the database is of a later version")

// records says of each migration that was made which version of the tables a
// server has to know to read what it left. The number of migrations made stays
// in user_version as well, by which version 0.1.0 goes.
const records = `CREATE TABLE IF NOT EXISTS migrations (
	number      INTEGER PRIMARY KEY,
	name        TEXT NOT NULL,
	readable_by INTEGER NOT NULL,
	time        INTEGER NOT NULL
) STRICT`

// migration is one script that changes the tables.
type migration struct {
	number     int
	name       string
	readableBy int // the first migration of which a server must know
	script     string
}

// readableBy is the line of a script that lets servers without it read what it
// leaves. A script without the line is for those that have it only.
var readableBy = regexp.MustCompile(`(?m)^-- readable-by: (\d+)$`)

func load(scripts fs.FS) ([]migration, error) {
	files, err := fs.Glob(scripts, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var all []migration
	for i, file := range files {
		script, err := fs.ReadFile(scripts, file)
		if err != nil {
			return nil, err
		}
		m := migration{number: i + 1, name: path.Base(file), readableBy: i + 1, script: string(script)}
		if line := readableBy.FindStringSubmatch(m.script); line != nil {
			m.readableBy, err = strconv.Atoi(line[1])
		}
		if err != nil {
			return nil, fmt.Errorf("migration %s: %w", m.name, err)
		}
		all = append(all, m)
	}
	return all, nil
}

// migrate runs each migration once, in the order of their names, each in a
// transaction with the record that says so. A database of a later version is
// left as it is if it can be read, and refused otherwise.
func migrate(ctx context.Context, db *sql.DB, scripts fs.FS) error {
	known, err := load(scripts)
	if err != nil {
		return err
	}
	var done int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&done); err != nil {
		return fmt.Errorf("cannot read the version of the tables: %w", err)
	}
	if done > len(known) {
		return readable(ctx, db, done, len(known))
	}
	for _, m := range known[done:] {
		if err := m.apply(ctx, db); err != nil {
			return m.explain(err)
		}
	}
	return nil
}

// readable refuses what it is not sure of: each migration that this server does
// not know must have said that it can be read without.
func readable(ctx context.Context, db *sql.DB, done, known int) error {
	var recorded, needed int
	err := db.QueryRowContext(ctx, `SELECT count(*), coalesce(max(readable_by), 0) FROM migrations WHERE number > ?`, known).Scan(&recorded, &needed)
	switch {
	case err != nil || recorded != done-known:
		return errors.Join(fmt.Errorf("%w: %d changes of the tables were made, this server knows %d, and nothing says that it can read the others: start the later version again",
			ErrNewer, done, known), err)
	case needed > known:
		return fmt.Errorf("%w: %d changes of the tables were made, this server knows %d, and to read them it has to know %d: start the later version again",
			ErrNewer, done, known, needed)
	}
	return nil
}

func (m migration) apply(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	for _, statements := range []string{m.script, records, fmt.Sprintf("PRAGMA user_version = %d", m.number)} {
		if _, err := tx.ExecContext(ctx, statements); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO migrations (number, name, readable_by, time) VALUES (?, ?, ?, ?)`,
		m.number, m.name, m.readableBy, stamp(time.Now()))
	if err != nil {
		return err
	}
	return tx.Commit()
}

// explain says what to do next.
func (m migration) explain(err error) error {
	next := "start the version before, which goes on with the database, and have this one corrected"
	if full(err) {
		next = "make room on the volume, then start this version again, or the version before"
	}
	return fmt.Errorf("migration %s failed and the database is as before it: %s: %w", m.name, next, err)
}

func full(err error) bool {
	var failure *sqlite.Error
	return errors.As(err, &failure) && failure.Code() == sqlite3.SQLITE_FULL
}
