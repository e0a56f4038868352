package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"voute.dev/voute/server/room"
)

// Room keeps how full pilots were told that the vault is.
type Room struct{ *DB }

var _ room.Repository = Room{}

// Told is the level that stands.
func (s Room) Told(ctx context.Context) (level room.Level, err error) {
	err = s.reader(ctx).QueryRowContext(ctx, `SELECT level FROM room`).Scan(&level)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("cannot read how full pilots know the vault to be: %w", err)
	}
	return level, nil
}

// Tell makes a level stand.
func (s Room) Tell(ctx context.Context, level room.Level) error {
	_, err := s.exec(ctx, `INSERT INTO room (one, level) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET level = excluded.level`, level)
	if err != nil {
		return fmt.Errorf("cannot keep how full pilots know the vault to be: %w", err)
	}
	return nil
}
