package serverstatus

import (
	"slices"
	"sync"
	"time"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/server/status"
)

// Key names one server.
type Key struct {
	Namespace   string
	Tenant      string
	Environment v1alpha1.EnvironmentName
}

// Word is what is known from asking one server.
type Word struct {
	// Report is the last one; nil while there was none. Time is when it came.
	Report *status.Report
	Time   time.Time
	// Asked is when the server was last asked; Err is why it gave no report then.
	Asked time.Time
	Err   error
}

// Store keeps the last word of every server.
type Store struct {
	lock  sync.Mutex
	words map[Key]Word
}

// NewStore makes an empty one.
func NewStore() *Store { return &Store{words: map[Key]Word{}} }

// Last is the last word.
func (s *Store) Last(key Key) Word {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.words[key]
}

// Answered keeps a report, and says whether it tells something new of pilots.
func (s *Store) Answered(key Key, report *status.Report, now time.Time) (pilotsMoved bool) {
	s.lock.Lock()
	defer s.lock.Unlock()
	before := s.words[key].Report
	s.words[key] = Word{Report: report, Time: now, Asked: now}
	return before == nil || !slices.EqualFunc(before.Pilots, report.Pilots, samePilot)
}

// Figures are what a report tells of shredding, as coarse as a status shows it.
type Figures struct {
	// NextExpiry is the hour in which the next document expires; zero when there is
	// none.
	NextExpiry                 time.Time
	DueIn7Days, Shredded, Held int64
	// LastSweep is the day of it, such as 2026-12-03, in a zone.
	LastSweep string
}

// FiguresOf gives those of a report; false for one that does not tell.
func FiguresOf(report *status.Report, zone *time.Location) (Figures, bool) {
	if report == nil || report.Retention == nil || report.Retention.LastSweep == nil {
		return Figures{}, false
	}
	told := report.Retention
	figures := Figures{DueIn7Days: told.DueIn7Days, Shredded: told.Shredded, Held: told.Held, LastSweep: told.LastSweep.In(zone).Format(time.DateOnly)}
	if told.NextExpiry != nil {
		figures.NextExpiry = told.NextExpiry.UTC().Truncate(time.Hour)
	}
	return figures, true
}

// Plus adds those of another server up.
func (f Figures) Plus(other Figures) Figures {
	f.DueIn7Days, f.Shredded, f.Held = f.DueIn7Days+other.DueIn7Days, f.Shredded+other.Shredded, f.Held+other.Held
	if f.NextExpiry.IsZero() || (!other.NextExpiry.IsZero() && other.NextExpiry.Before(f.NextExpiry)) {
		f.NextExpiry = other.NextExpiry
	}
	if f.LastSweep == "" || (other.LastSweep != "" && other.LastSweep < f.LastSweep) {
		f.LastSweep = other.LastSweep
	}
	return f
}

// Silent keeps that a server did not answer; its last report stays.
func (s *Store) Silent(key Key, err error, now time.Time) {
	s.lock.Lock()
	defer s.lock.Unlock()
	word := s.words[key]
	word.Asked, word.Err = now, err
	s.words[key] = word
}

// Forget drops a server.
func (s *Store) Forget(key Key) {
	s.lock.Lock()
	defer s.lock.Unlock()
	delete(s.words, key)
}

func samePilot(a, b status.PilotReport) bool {
	if a.ID != b.ID || a.State != b.State || (a.LastSignIn == nil) != (b.LastSignIn == nil) {
		return false
	}
	return a.LastSignIn == nil || a.LastSignIn.Equal(*b.LastSignIn)
}
