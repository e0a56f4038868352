package document

import (
	"fmt"
	"slices"

	"voute.dev/voute/server/journal"
)

// State is where a document is in its life.
type State string

// The states.
const (
	Receiving   State = "receiving"
	Scanning    State = "scanning"
	Available   State = "available"
	Quarantined State = "quarantined"
	Failed      State = "failed"
	Expired     State = "expired"
	Deleted     State = "deleted"
	Shredded    State = "shredded"
)

// States has all of them.
var States = []State{Receiving, Scanning, Available, Quarantined, Failed, Expired, Deleted, Shredded}

// moves is the whole machine: from each state, where to.
var moves = map[State][]State{
	Receiving:   {Scanning},
	Scanning:    {Available, Quarantined, Failed, Expired, Deleted},
	Available:   {Failed, Expired, Deleted},
	Quarantined: {Expired, Deleted},
	Failed:      {Expired, Deleted},
	Expired:     {Shredded},
	Deleted:     {Shredded},
	Shredded:    {},
}

// kinds is the journal line of entering each state.
var kinds = map[State]journal.Kind{
	Receiving:   journal.DocumentReceiving,
	Scanning:    journal.DocumentReceived,
	Available:   journal.DocumentAvailable,
	Quarantined: journal.DocumentQuarantined,
	Failed:      journal.DocumentFailed,
	Expired:     journal.DocumentExpired,
	Deleted:     journal.DocumentDeleted,
	Shredded:    journal.DocumentShredded,
}

// May tells whether the machine allows a move.
func (s State) May(to State) bool { return slices.Contains(moves[s], to) }

// keeps tells whether the document's bytes are still to be read by somebody.
func (s State) keeps() bool { return s == Scanning || s == Available }

// to moves a document. One that nobody is to read any more loses its key, and
// one that is gone its name and hash.
func (d Document) to(next State, detail string) (Document, error) {
	if !d.State.May(next) {
		return d, fmt.Errorf("document %s cannot go from %s to %s: %w", d.ID, d.State, next, ErrChanged)
	}
	if d.Held() {
		return d, fmt.Errorf("document %s stays %s: %w", d.ID, d.State, ErrHeld)
	}
	d.State, d.Detail = next, detail
	if !next.keeps() {
		d.WrappedKey = ""
	}
	if next == Expired || next == Deleted || next == Shredded {
		d.Name, d.SHA256, d.Detail = "", "", ""
	}
	return d, nil
}

// Kept tells whether the document's bytes are still to be read by somebody.
func (d Document) Kept() bool { return d.State.keeps() }
