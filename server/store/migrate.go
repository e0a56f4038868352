package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
)

//go:embed migrations
var migrations embed.FS

// migrate runs each migration once, in the order of their names, each in a
// transaction with the number that says so. A database of a later version is
// left as it is: migrations are made so that the version before can read them.
func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	var done int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&done); err != nil {
		return fmt.Errorf("cannot read the version of the tables: %w", err)
	}
	for i := done; i < len(files); i++ {
		if err := apply(ctx, db, files[i], i+1); err != nil {
			return fmt.Errorf("migration %s failed; the database is as before: %w", files[i], err)
		}
	}
	return nil
}

func apply(ctx context.Context, db *sql.DB, file string, number int) error {
	script, err := migrations.ReadFile(file)
	if err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	if _, err := tx.ExecContext(ctx, string(script)); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", number)); err != nil {
		return err
	}
	return tx.Commit()
}
