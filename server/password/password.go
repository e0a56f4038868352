// Package password turns passwords into Argon2id hashes, written as PHC
// strings, with OWASP's parameters (19 MiB, two passes, one lane). Hashing is
// bounded: a burst of sign-ins queues instead of taking all the memory.
package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

const (
	memoryKiB = 19 * 1024
	passes    = 2
	lanes     = 1
	saltSize  = 16
	hashSize  = 32
	format    = "$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s"
)

var encoding = base64.RawStdEncoding

// Hasher bounds how many hashes are computed at once.
type Hasher struct {
	turns chan struct{}
	decoy string
}

// NewHasher computes at most parallel hashes at once. The decoy is the hash of
// nothing: computed like the others, it would have a server begin with 19 MiB of
// memory that it may not need for hours.
func NewHasher(parallel int) *Hasher {
	decoy := make([]byte, hashSize)
	rand.Read(decoy)
	return &Hasher{turns: make(chan struct{}, parallel), decoy: write(random(), decoy)}
}

// Hash makes the PHC string of a password.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.leave()
	salt := random()
	return write(salt, derive(password, salt, parameters{memoryKiB, passes, lanes})), nil
}

// Verify compares a password with a PHC string. An empty one (no such account,
// no password yet) costs the same time and never matches.
func (h *Hasher) Verify(ctx context.Context, password, phc string) (bool, error) {
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer h.leave()
	known := phc != ""
	if !known {
		phc = h.decoy
	}
	p, salt, want, err := read(phc)
	if err != nil {
		return false, err
	}
	same := subtle.ConstantTimeCompare(derive(password, salt, p), want) == 1
	return same && known, nil
}

func (h *Hasher) enter(ctx context.Context) error {
	select {
	case h.turns <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("no turn to check a password: %w", ctx.Err())
	}
}

func (h *Hasher) leave() { <-h.turns }

type parameters struct {
	memory, time uint32
	lanes        uint8
}

// derive normalises first: the same characters typed on two keyboards may
// arrive as different code points.
func derive(password string, salt []byte, p parameters) []byte {
	return argon2.IDKey([]byte(norm.NFKC.String(password)), salt, p.time, p.memory, p.lanes, hashSize)
}

func random() []byte {
	salt := make([]byte, saltSize)
	rand.Read(salt)
	return salt
}

func write(salt, hash []byte) string {
	return fmt.Sprintf(format, argon2.Version, memoryKiB, passes, lanes, encoding.EncodeToString(salt), encoding.EncodeToString(hash))
}
