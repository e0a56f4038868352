package document

import (
	"fmt"

	"voute.dev/voute/server/journal"
)

// State is where a document is in its life.
type State string

// The states. Nothing is before the first byte is announced, and after an
// upload that did not arrive.
const (
	Nothing     State = ""
	Receiving   State = "receiving"
	Scanning    State = "scanning"
	Available   State = "available"
	Quarantined State = "quarantined"
	Failed      State = "failed"
	Expired     State = "expired"
	Deleted     State = "deleted"
	Shredded    State = "shredded"
)

// States has all of them but Nothing.
var States = []State{Receiving, Scanning, Available, Quarantined, Failed, Expired, Deleted, Shredded}

// Event is something that happens to a document.
type Event string

// The events.
const (
	Begin   Event = "begin"   // an upload is announced
	Arrive  Event = "arrive"  // its last byte is in
	Abandon Event = "abandon" // it broke off for good
	Clear   Event = "clear"   // the antivirus found nothing
	Condemn Event = "condemn" // the antivirus found something
	Fail    Event = "fail"    // there is no verdict, and none will come
	Lapse   Event = "lapse"   // its time is past
	Delete  Event = "delete"  // its sender takes it back
	Shred   Event = "shred"   // its bytes are gone
)

// Events has all of them.
var Events = []Event{Begin, Arrive, Abandon, Clear, Condemn, Fail, Lapse, Delete, Shred}

// Refusal says why an event changes nothing. To callers it is ErrChanged: the
// document is not what they took it for.
type Refusal string

// The refusals.
const (
	Unknown   Refusal = "there is no such document"
	Exists    Refusal = "there is one already"
	Partial   Refusal = "not all of its bytes are here"
	Whole     Refusal = "all of its bytes are here"
	Judged    Refusal = "the antivirus has decided"
	Locked    Refusal = "what is quarantined stays so until its time is past"
	Early     Refusal = "it has neither expired nor been deleted"
	Over      Refusal = "it has expired or was deleted"
	Destroyed Refusal = "nothing of it is left"
)

func (r Refusal) Error() string { return string(r) }

// Unwrap makes every refusal an ErrChanged.
func (r Refusal) Unwrap() error { return ErrChanged }

// outcome is what an event does in a state: a transition, or a refusal.
type outcome struct {
	to      State
	refusal Refusal
}

func to(next State) outcome     { return outcome{to: next} }
func no(why Refusal) outcome    { return outcome{refusal: why} }
func (o outcome) refuses() bool { return o.refusal != "" }

// machine is the whole of it: every state has every event.
var machine = map[State]map[Event]outcome{
	Nothing: {
		Begin: to(Receiving), Arrive: no(Unknown), Abandon: no(Unknown), Clear: no(Unknown), Condemn: no(Unknown),
		Fail: no(Unknown), Lapse: no(Unknown), Delete: no(Unknown), Shred: no(Unknown),
	},
	Receiving: {
		Begin: no(Exists), Arrive: to(Scanning), Abandon: to(Nothing), Clear: no(Partial), Condemn: no(Partial),
		Fail: no(Partial), Lapse: no(Partial), Delete: no(Partial), Shred: no(Partial),
	},
	Scanning: {
		Begin: no(Exists), Arrive: no(Whole), Abandon: no(Whole), Clear: to(Available), Condemn: to(Quarantined),
		Fail: to(Failed), Lapse: to(Expired), Delete: to(Deleted), Shred: no(Early),
	},
	Available: {
		Begin: no(Exists), Arrive: no(Whole), Abandon: no(Whole), Clear: no(Judged), Condemn: no(Judged),
		Fail: no(Judged), Lapse: to(Expired), Delete: to(Deleted), Shred: no(Early),
	},
	Quarantined: {
		Begin: no(Exists), Arrive: no(Whole), Abandon: no(Whole), Clear: no(Locked), Condemn: no(Judged),
		Fail: no(Judged), Lapse: to(Expired), Delete: no(Locked), Shred: no(Locked),
	},
	Failed: {
		Begin: no(Exists), Arrive: no(Whole), Abandon: no(Whole), Clear: no(Judged), Condemn: no(Judged),
		Fail: no(Judged), Lapse: to(Expired), Delete: to(Deleted), Shred: no(Early),
	},
	Expired: {
		Begin: no(Exists), Arrive: no(Over), Abandon: no(Over), Clear: no(Over), Condemn: no(Over),
		Fail: no(Over), Lapse: no(Over), Delete: no(Over), Shred: to(Shredded),
	},
	Deleted: {
		Begin: no(Exists), Arrive: no(Over), Abandon: no(Over), Clear: no(Over), Condemn: no(Over),
		Fail: no(Over), Lapse: no(Over), Delete: no(Over), Shred: to(Shredded),
	},
	Shredded: {
		Begin: no(Exists), Arrive: no(Destroyed), Abandon: no(Destroyed), Clear: no(Destroyed), Condemn: no(Destroyed),
		Fail: no(Destroyed), Lapse: no(Destroyed), Delete: no(Destroyed), Shred: no(Destroyed),
	},
}

// kinds is the journal line of each event.
var kinds = map[Event]journal.Kind{
	Begin:   journal.DocumentReceiving,
	Arrive:  journal.DocumentReceived,
	Abandon: journal.DocumentAborted,
	Clear:   journal.DocumentAvailable,
	Condemn: journal.DocumentQuarantined,
	Fail:    journal.DocumentFailed,
	Lapse:   journal.DocumentExpired,
	Delete:  journal.DocumentDeleted,
	Shred:   journal.DocumentShredded,
}

// After tells where an event leads, or refuses it by name.
func (s State) After(e Event) (State, error) {
	o, known := machine[s][e]
	if !known {
		return s, fmt.Errorf("a document in state %q knows no event %q: %w", s, e, ErrChanged)
	}
	if o.refuses() {
		return s, o.refusal
	}
	return o.to, nil
}

// May tells whether an event changes anything.
func (s State) May(e Event) bool {
	_, err := s.After(e)
	return err == nil
}

// opens tells whether the server opens the document: for the antivirus, or for
// those who may read it. Nothing else is ever opened.
func (s State) opens() bool { return s == Scanning || s == Available }

// hasKey tells whether the wrapped key is kept: for more bytes to come, and for as
// long as there is something to open. That of what is quarantined is, too,
// though nothing here opens it: see docs/decisions/infected-documents.md.
func (s State) hasKey() bool { return s == Receiving || s.opens() || s == Quarantined }

// after moves a document. One that nobody is to read any more loses its key, and
// one that is gone its name and hash.
func (d Document) after(e Event, detail string) (Document, error) {
	next, err := d.State.After(e)
	if err != nil {
		return d, fmt.Errorf("document %s is %s, where %s does nothing: %w", d.ID, d.State, e, err)
	}
	if d.Held() {
		return d, fmt.Errorf("document %s stays %s: %w", d.ID, d.State, ErrHeld)
	}
	d.State, d.Detail = next, detail
	if !next.hasKey() {
		d.WrappedKey = ""
	}
	if next == Expired || next == Deleted || next == Shredded {
		d.Name, d.SHA256, d.Detail = "", "", ""
	}
	return d, nil
}

// Kept tells whether the document's bytes are still to be read by somebody.
func (d Document) Kept() bool { return d.State.opens() }
