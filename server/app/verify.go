package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"voute.dev/voute/server/config"
	"voute.dev/voute/server/journal"
	"voute.dev/voute/server/store"
)

// VerifyJournal walks along the journal of the server of a configuration file,
// also while it runs, and says what it found.
func VerifyJournal(ctx context.Context, file string, out io.Writer) (err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("cannot read the configuration: %w", err)
	}
	c, err := config.Parse(text)
	if err != nil {
		return err
	}
	db, err := store.OpenToRead(ctx, c.Storage.Directory)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	lines := store.Journal{DB: db}
	anchor, err := lines.Anchor(ctx)
	if err != nil {
		return err
	}
	found, err := journal.Verify(anchor, journal.Lines(ctx, lines, anchor.Number))
	if err != nil {
		return err
	}
	return describeJournal(out, anchor, found)
}

func describeJournal(out io.Writer, anchor journal.Anchor, found journal.Found) error {
	text := fmt.Sprintf("The journal holds: %d lines, from number %d to number %d.\n", found.Lines, anchor.Number+1, found.End.Number)
	if found.Bare > 0 {
		text += fmt.Sprintf("An earlier version wrote %d of them; for the last %d of those no later line vouches yet.\n", found.Bare, found.Loose)
	}
	text += fmt.Sprintf("Line %d has the hash %s.\n", found.End.Number, found.End.Hash)
	_, err := io.WriteString(out, text)
	return err
}
