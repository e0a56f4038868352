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
