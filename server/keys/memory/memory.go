// Package memory wraps data keys under bucket keys held in memory, for tests
// of what uses keys.Keys.
package memory

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"sync"
	"time"

	"voute.dev/voute/server/keys"
)

// Keys passes the same contract as Vault.
type Keys struct {
	zone *time.Location
	now  func() time.Time

	mu      sync.Mutex
	buckets map[string]cipher.AEAD
	fault   error
	opened  int
}

var _ keys.Keys = (*Keys)(nil)

// New has no bucket key yet. The clock and the zone say which bucket is past.
func New(zone *time.Location, now func() time.Time) *Keys {
	return &Keys{zone: zone, now: now, buckets: map[string]cipher.AEAD{}}
}

// Delete destroys a bucket's key, as the operator does when the bucket is past.
func (k *Keys) Delete(bucket string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.buckets, bucket)
}

// Fail makes every call answer an error (keys.ErrUnavailable, keys.ErrRefused)
// until Fail(nil).
func (k *Keys) Fail(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fault = err
}

// Opened is how many keys were asked to be opened.
func (k *Keys) Opened() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.opened
}

// Create makes a data key under a bucket's key.
func (k *Keys) Create(ctx context.Context, bucket string) (keys.DataKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := keys.CheckOpen(bucket, k.now(), k.zone); err != nil {
		return keys.DataKey{}, err
	}
	if err := k.unavailable(ctx); err != nil {
		return keys.DataKey{}, err
	}
	plain := make([]byte, keys.Size)
	rand.Read(plain)
	wrapped, err := k.wrap(bucket, plain)
	return keys.DataKey{Plain: plain, Wrapped: wrapped}, err
}

// wrap brings the bucket's key to life if need be.
func (k *Keys) wrap(bucket string, plain []byte) (string, error) {
	if k.buckets[bucket] == nil {
		aead, err := newAEAD()
		if err != nil {
			return "", err
		}
		k.buckets[bucket] = aead
	}
	return base64.StdEncoding.EncodeToString(k.buckets[bucket].Seal(nil, nil, plain, nil)), nil
}

// Move wraps a data key by another bucket's key.
func (k *Keys) Move(ctx context.Context, from, wrapped, to string) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := keys.CheckTarget(to, k.now(), k.zone); err != nil {
		return "", err
	}
	plain, err := k.open(ctx, from, wrapped)
	if err != nil {
		return "", err
	}
	defer clear(plain)
	return k.wrap(to, plain)
}

// Open unwraps a data key.
func (k *Keys) Open(ctx context.Context, bucket, wrapped string) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.opened++
	return k.open(ctx, bucket, wrapped)
}

func (k *Keys) open(ctx context.Context, bucket, wrapped string) ([]byte, error) {
	if err := keys.CheckOrigin(bucket); err != nil {
		return nil, err
	}
	if err := k.unavailable(ctx); err != nil {
		return nil, err
	}
	aead := k.buckets[bucket]
	if aead == nil {
		return nil, fmt.Errorf("%w: %s", keys.ErrGone, bucket)
	}
	sealed, err := base64.StdEncoding.DecodeString(wrapped)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", keys.ErrDamaged, bucket)
	}
	plain, err := aead.Open(nil, nil, sealed, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", keys.ErrDamaged, bucket)
	}
	return plain, nil
}

// Check answers what Fail said.
func (k *Keys) Check(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.unavailable(ctx)
}

func (k *Keys) unavailable(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", keys.ErrUnavailable, err)
	}
	return k.fault
}

func newAEAD() (cipher.AEAD, error) {
	key := make([]byte, keys.Size)
	rand.Read(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
