// Package store keeps accounts, sessions, documents, the outbox and the journal
// in SQLite: one writing connection, whose transactions follow one another, and
// a few reading ones beside it (WAL). A commit is on the disk when it returns
// (synchronous FULL), and what is deleted or replaced is overwritten
// (secure_delete).
//
// A transaction travels in the context: whatever is asked of a repository
// inside Within belongs to it.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite", without cgo
)

// File is the database's name in the storage directory.
const File = "voute.db"

const readers = 4

// DB is one open database. Close it.
type DB struct {
	write, read *sql.DB
	lock        *os.File
}

// Open opens the database of a storage directory, makes it if need be, and
// brings its tables up to date. A directory belongs to one server at a time.
func Open(ctx context.Context, directory string) (*DB, error) {
	return openWith(ctx, directory, shipped)
}

// openWith opens a database as the version does that has these migrations.
func openWith(ctx context.Context, directory string, scripts fs.FS) (*DB, error) {
	lock, err := hold(directory)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(directory, File)
	if err := touch(file); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	db := &DB{lock: lock}
	if db.write, err = connect(ctx, file, 1); err == nil {
		err = migrate(ctx, db.write, scripts)
	}
	if err == nil {
		db.read, err = connect(ctx, file, readers, "query_only(1)")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot open database %s: %w", file, err), db.Close())
	}
	return db, nil
}

// OpenToRead opens a database that is there to look at it, also beside the
// server that uses it: it changes nothing, not even the tables.
func OpenToRead(ctx context.Context, directory string) (*DB, error) {
	file := filepath.Join(directory, File)
	if _, err := os.Stat(file); err != nil {
		return nil, fmt.Errorf("there is no database to read: %w", err)
	}
	pool, err := connect(ctx, file, 1, "query_only(1)")
	db := &DB{read: pool}
	if err == nil {
		err = current(ctx, pool)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot read database %s: %w", file, err), db.Close())
	}
	return db, nil
}

// current refuses tables that this version has not brought up to date yet.
func current(ctx context.Context, pool *sql.DB) error {
	known, err := load(shipped)
	if err != nil {
		return err
	}
	var done int
	if err := pool.QueryRowContext(ctx, "PRAGMA user_version").Scan(&done); err != nil {
		return err
	}
	if done < len(known) {
		return errors.New("it is of an earlier version: start the server of this version once")
	}
	return nil
}

// Close ends all connections; the last one folds the log back into the file.
func (db *DB) Close() error {
	var errs []error
	for _, pool := range []*sql.DB{db.read, db.write} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	if db.lock != nil {
		errs = append(errs, db.lock.Close())
	}
	return errors.Join(errs...)
}

// Check tells whether the database answers.
func (db *DB) Check(ctx context.Context) error {
	if err := db.read.PingContext(ctx); err != nil {
		return fmt.Errorf("the database does not answer: %w", err)
	}
	return nil
}

// Fold moves the write-ahead log into the database and empties it: what was
// deleted, such as a code that has been sent, must not linger in the log.
func (db *DB) Fold(ctx context.Context) error {
	if _, err := db.write.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return fmt.Errorf("cannot fold the write-ahead log: %w", err)
	}
	return nil
}

// hold keeps a second server, still stopping or started by mistake, from
// taking the uploads of the first for broken ones.
func hold(directory string) (*os.File, error) {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return nil, fmt.Errorf("cannot make the storage directory: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(directory, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot open the lock of the storage directory: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("another server uses %s: stop it first: %w", directory, err), lock.Close())
	}
	return lock, nil
}

// touch makes the file before SQLite does, for nobody else to read.
func touch(file string) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("cannot make the database: %w", err)
	}
	return f.Close()
}

func connect(ctx context.Context, file string, connections int, pragmas ...string) (*sql.DB, error) {
	query := url.Values{"_txlock": {"immediate"}, "_pragma": append([]string{
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "secure_delete(1)",
	}, pragmas...)}
	address := url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath(), RawQuery: query.Encode()}
	pool, err := sql.Open("sqlite", address.String())
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	return pool, pool.PingContext(ctx)
}

type transactionKey struct{}

// Within runs f in one transaction: all of it happens or nothing does. Inside
// another transaction it is part of that one.
func (db *DB) Within(ctx context.Context, f func(context.Context) error) error {
	if _, inside := ctx.Value(transactionKey{}).(*sql.Tx); inside {
		return f(ctx)
	}
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("cannot begin a transaction: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	if err := f(context.WithValue(ctx, transactionKey{}, tx)); err != nil {
		return told(err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("cannot commit: %w", told(err))
	}
	return nil
}

// told makes of SQLite's error the one by which callers know a disk without room.
func told(err error) error {
	if full(err) {
		return fmt.Errorf("%w: %w", syscall.ENOSPC, err)
	}
	return err
}

// runner is what both a transaction and a pool can do.
type runner interface {
	ExecContext(ctx context.Context, query string, values ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, values ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, values ...any) *sql.Row
}

func (db *DB) writer(ctx context.Context) runner { return db.pick(ctx, db.write) }
func (db *DB) reader(ctx context.Context) runner { return db.pick(ctx, db.read) }

func (db *DB) pick(ctx context.Context, pool *sql.DB) runner {
	if tx, inside := ctx.Value(transactionKey{}).(*sql.Tx); inside {
		return tx
	}
	return pool
}

// exec changes rows and tells how many.
func (db *DB) exec(ctx context.Context, query string, values ...any) (int64, error) {
	result, err := db.writer(ctx).ExecContext(ctx, query, values...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// scanner is one row, of one or of many.
type scanner interface{ Scan(into ...any) error }

// list reads all rows of a query.
func list[T any](ctx context.Context, db *DB, read func(scanner) (T, error), query string, values ...any) ([]T, error) {
	rows, err := db.reader(ctx).QueryContext(ctx, query, values...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var all []T
	for rows.Next() {
		item, err := read(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, item)
	}
	return all, rows.Err()
}

func stamp(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func moment(stamp int64) time.Time {
	if stamp == 0 {
		return time.Time{}
	}
	return time.UnixMilli(stamp).UTC()
}
