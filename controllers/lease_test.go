package controllers

import (
	"context"
	"errors"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// written is a Lease that says what it is told.
type written struct {
	resourcelock.Interface
	record resourcelock.LeaderElectionRecord
	err    error
}

func (w *written) Identity() string { return "us" }

func (w *written) Get(context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	return &w.record, nil, w.err
}

func TestPredecessor(t *testing.T) {
	first, second := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC)
	lock, seen := &written{}, &Predecessor{}
	l := &lease{Interface: lock, seen: seen}
	for _, step := range []struct {
		name, holder string
		renewed      time.Time
		err          error
		want         time.Time
	}{
		{"a Lease that nobody held", "", time.Time{}, nil, time.Time{}},
		{"another one works", "another", first, nil, first},
		{"the Lease cannot be read", "another", second, errors.New("no answer"), first},
		{"it has given the Lease back", "", second, nil, second},
		{"we work ourselves", "us", second.Add(time.Hour), nil, second},
	} {
		lock.record, lock.err = resourcelock.LeaderElectionRecord{HolderIdentity: step.holder, RenewTime: metav1.NewTime(step.renewed)}, step.err
		if step.renewed.IsZero() {
			lock.record.RenewTime = metav1.Time{}
		}
		if _, _, err := l.Get(t.Context()); !errors.Is(err, step.err) {
			t.Errorf("%s: %v", step.name, err)
		}
		if got := seen.LastAlive(); !got.Equal(step.want) {
			t.Errorf("%s: last alive at %s; want %s", step.name, got, step.want)
		}
	}
	if _, _, err := (&lease{Interface: lock}).Get(t.Context()); err != nil {
		t.Errorf("nobody wants to know: %v", err)
	}
}

// A question about the Lease has little time; whatever else the operator asks,
// and its watches above all, has as much as before.
func TestTheLeaseChangesNobodyElsesTime(t *testing.T) {
	config := &rest.Config{Host: "https://127.0.0.1:6443"}
	if _, err := newLease(config, "voute-system", nil); err != nil {
		t.Fatal(err)
	}
	if config.Timeout != 0 || config.UserAgent != "" {
		t.Errorf("every client now has the time %s and the name %q", config.Timeout, config.UserAgent)
	}
}
