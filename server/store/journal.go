package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"voute.dev/voute/server/journal"
)

const longestUserAgent = 200

// Journal keeps the journal. The database itself refuses to change a line.
type Journal struct{ *DB }

var _ journal.Repository = Journal{}

// Append adds a line.
func (s Journal) Append(ctx context.Context, e journal.Entry) error {
	detail, err := json.Marshal(e.Detail)
	if err != nil {
		return fmt.Errorf("cannot write a line of the journal: %w", err)
	}
	agent := strings.ToValidUTF8(e.Actor.UserAgent[:min(len(e.Actor.UserAgent), longestUserAgent)], "")
	_, err = s.exec(ctx, `INSERT INTO journal (time, actor, address, user_agent, kind, object, detail) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		stamp(e.Time), e.Actor.ID, e.Actor.Address, agent, string(e.Kind), e.Object, string(detail))
	if err != nil {
		return fmt.Errorf("cannot write a line of the journal: %w", err)
	}
	return nil
}

// After lists lines with greater numbers.
func (s Journal) After(ctx context.Context, number int64, limit int) ([]journal.Entry, error) {
	all, err := list(ctx, s.DB, readEntry, `SELECT number, time, actor, address, user_agent, kind, object, detail
		FROM journal WHERE number > ? ORDER BY number LIMIT ?`, number, limit)
	if err != nil {
		return nil, fmt.Errorf("cannot read the journal: %w", err)
	}
	return all, nil
}

func readEntry(row scanner) (e journal.Entry, err error) {
	var time int64
	var detail string
	if err := row.Scan(&e.Number, &time, &e.Actor.ID, &e.Actor.Address, &e.Actor.UserAgent, &e.Kind, &e.Object, &detail); err != nil {
		return e, err
	}
	e.Time = moment(time)
	return e, json.Unmarshal([]byte(detail), &e.Detail)
}
