// Package keystest is the contract that every implementation of keys.Keys passes.
package keystest

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"voute.dev/voute/server/keys"
)

// Service is a key service under test, with what a test does to it from outside.
type Service struct {
	keys.Keys
	// Today is the present day in the service's zone.
	Today time.Time
	// Delete destroys a bucket's key as the operator does.
	Delete func(bucket string)
	// Interrupt makes the service unavailable until Resume.
	Interrupt, Resume func()
}

// bucket is the day that lies some days after today.
func (s Service) bucket(days int) string {
	return keys.Bucket(s.Today.AddDate(0, 0, days), s.Today.Location())
}

// Contract checks what callers rely on.
func Contract(t *testing.T, start func(t *testing.T) Service) {
	s := start(t)
	ctx := t.Context()
	t.Run("a data key opens to itself", func(t *testing.T) {
		key := create(t, s, s.bucket(0))
		plain, err := s.Open(ctx, s.bucket(0), key.Wrapped)
		if err != nil || !bytes.Equal(plain, key.Plain) {
			t.Errorf("Open gives other bytes than Create (error %v)", err)
		}
		if len(key.Plain) != keys.Size || bytes.Contains([]byte(key.Wrapped), key.Plain) {
			t.Errorf("a data key has %d bytes, and is wrapped as %q", len(key.Plain), key.Wrapped)
		}
	})
	t.Run("every data key is another", func(t *testing.T) {
		first, second := create(t, s, s.bucket(1)), create(t, s, s.bucket(1))
		if bytes.Equal(first.Plain, second.Plain) || first.Wrapped == second.Wrapped {
			t.Error("two data keys are alike")
		}
	})
	t.Run("a past bucket gets no key", func(t *testing.T) {
		_, err := s.Create(ctx, s.bucket(-1))
		expect(t, err, keys.ErrPastBucket)
		_, err = s.Open(ctx, s.bucket(-1), create(t, s, s.bucket(0)).Wrapped)
		expect(t, err, keys.ErrGone) // and none came to life
	})
	t.Run("only a calendar day is a bucket", func(t *testing.T) { refusesNames(t, s) })
	t.Run("another bucket's key does not open", func(t *testing.T) {
		key := create(t, s, s.bucket(2))
		create(t, s, s.bucket(3))
		_, err := s.Open(ctx, s.bucket(3), key.Wrapped)
		expect(t, err, keys.ErrDamaged)
	})
	t.Run("a changed key does not open", func(t *testing.T) {
		key := create(t, s, s.bucket(2))
		for _, wrapped := range []string{"", "x", key.Wrapped[:len(key.Wrapped)-8], "vault:v1:AAAA"} {
			_, err := s.Open(ctx, s.bucket(2), wrapped)
			expect(t, err, keys.ErrDamaged)
		}
	})
	t.Run("a moved key opens to itself", func(t *testing.T) { moves(t, s) })
	t.Run("a key that is gone does not move", func(t *testing.T) { movesNothing(t, s) })
	t.Run("a key held outlives its bucket", func(t *testing.T) { holds(t, s) })
	t.Run("a deleted bucket is gone", func(t *testing.T) { deletes(t, s) })
	t.Run("an interruption passes", func(t *testing.T) { recovers(t, s) })
	t.Run("a cancelled call is no answer", func(t *testing.T) {
		cancelled, cancel := context.WithCancel(ctx)
		cancel()
		_, err := s.Create(cancelled, s.bucket(1))
		expect(t, err, keys.ErrUnavailable)
		expect(t, err, context.Canceled)
	})
}

func refusesNames(t *testing.T, s Service) {
	if _, err := s.Create(t.Context(), keys.Hold); err == nil {
		t.Error("Create makes a data key under legal hold; keys are moved there")
	}
	key := create(t, s, s.bucket(0))
	for _, bucket := range []string{"", "today", "2026-13-01", "2026-1-1", "../../sys/seal", "9999-12-31x"} {
		if _, err := s.Move(t.Context(), s.bucket(0), key.Wrapped, bucket); err == nil {
			t.Errorf("Move takes the bucket %q", bucket)
		}
		if _, err := s.Move(t.Context(), bucket, key.Wrapped, s.bucket(0)); err == nil || errors.Is(err, keys.ErrGone) {
			t.Errorf("Move from the bucket %q answers %v", bucket, err)
		}
		if _, err := s.Create(t.Context(), bucket); err == nil {
			t.Errorf("Create takes the bucket %q", bucket)
		}
		if _, err := s.Open(t.Context(), bucket, "vault:v1:AAAA"); err == nil || errors.Is(err, keys.ErrGone) {
			t.Errorf("Open answers the bucket %q with %v", bucket, err)
		}
	}
}

// moves: an expiry that changes takes the data key with it, to a bucket that has
// no key yet as well, and until the caller has noted that, the old wrapping opens.
func moves(t *testing.T, s Service) {
	key := create(t, s, s.bucket(6))
	moved, err := s.Move(t.Context(), s.bucket(6), key.Wrapped, s.bucket(7))
	if err != nil {
		t.Fatal(err)
	}
	opens(t, s, s.bucket(7), moved, key.Plain)
	opens(t, s, s.bucket(6), key.Wrapped, key.Plain)
	s.Delete(s.bucket(6))
	opens(t, s, s.bucket(7), moved, key.Plain)
	_, err = s.Open(t.Context(), s.bucket(6), key.Wrapped)
	expect(t, err, keys.ErrGone)
}

func movesNothing(t *testing.T, s Service) {
	key := create(t, s, s.bucket(8))
	_, err := s.Move(t.Context(), s.bucket(8), key.Wrapped, s.bucket(-1))
	expect(t, err, keys.ErrPastBucket)
	create(t, s, s.bucket(9))
	_, err = s.Move(t.Context(), s.bucket(9), key.Wrapped, s.bucket(10))
	expect(t, err, keys.ErrDamaged)
	s.Delete(s.bucket(8))
	_, err = s.Move(t.Context(), s.bucket(8), key.Wrapped, s.bucket(10))
	expect(t, err, keys.ErrGone)
	_, err = s.Open(t.Context(), s.bucket(10), key.Wrapped)
	expect(t, err, keys.ErrGone) // nothing came to life for what could not be moved
}

func holds(t *testing.T, s Service) {
	key := create(t, s, s.bucket(11))
	held, err := s.Move(t.Context(), s.bucket(11), key.Wrapped, keys.Hold)
	if err != nil {
		t.Fatal(err)
	}
	s.Delete(s.bucket(11))
	opens(t, s, keys.Hold, held, key.Plain)
	released, err := s.Move(t.Context(), keys.Hold, held, s.bucket(12))
	if err != nil {
		t.Fatal(err)
	}
	opens(t, s, s.bucket(12), released, key.Plain)
}

func opens(t *testing.T, s Service, bucket, wrapped string, want []byte) {
	t.Helper()
	if plain, err := s.Open(t.Context(), bucket, wrapped); err != nil || !bytes.Equal(plain, want) {
		t.Errorf("under %s it opens to other bytes than it had (error %v)", bucket, err)
	}
}

func deletes(t *testing.T, s Service) {
	bucket := s.bucket(4)
	key := create(t, s, bucket)
	s.Delete(bucket)
	_, err := s.Open(t.Context(), bucket, key.Wrapped)
	expect(t, err, keys.ErrGone)
	create(t, s, bucket) // the name is reborn, what it wrapped before is not
	_, err = s.Open(t.Context(), bucket, key.Wrapped)
	expect(t, err, keys.ErrDamaged)
}

func recovers(t *testing.T, s Service) {
	key := create(t, s, s.bucket(5))
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("Check finds fault: %v", err)
	}
	s.Interrupt()
	expect(t, s.Check(t.Context()), keys.ErrUnavailable)
	_, err := s.Create(t.Context(), s.bucket(5))
	expect(t, err, keys.ErrUnavailable)
	_, err = s.Open(t.Context(), s.bucket(5), key.Wrapped)
	expect(t, err, keys.ErrUnavailable)
	_, err = s.Move(t.Context(), s.bucket(5), key.Wrapped, s.bucket(6))
	expect(t, err, keys.ErrUnavailable)
	s.Resume()
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("Check finds fault after the interruption: %v", err)
	}
	if _, err := s.Open(t.Context(), s.bucket(5), key.Wrapped); err != nil {
		t.Errorf("a key does not open after the interruption: %v", err)
	}
}

func create(t *testing.T, s Service, bucket string) keys.DataKey {
	t.Helper()
	key, err := s.Create(t.Context(), bucket)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func expect(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("the error is %v, not %v", err, want)
	}
}
