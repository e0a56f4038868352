// Package memory is a Keeper without a Vault, for tests of what stands on it.
// It passes the same contract as the real one.
package memory

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"voute.dev/voute/internal/vault"
)

// Keeper holds names of keys. It serves while its fault is empty.
type Keeper struct {
	lock  sync.Mutex
	names map[string]bool
	fault vault.Reason
	// writes is how often it was asked to destroy a key, whether there was one or not.
	writes int
}

var _ vault.Keeper = (*Keeper)(nil)

// New makes a Keeper that has keys of these names.
func New(names ...string) *Keeper {
	k := &Keeper{names: map[string]bool{}}
	for _, name := range names {
		k.Add(name)
	}
	return k
}

// Add brings a key to life.
func (k *Keeper) Add(name string) {
	k.lock.Lock()
	defer k.lock.Unlock()
	k.names[name] = true
}

// Fail makes every call fail for a reason; with an empty one they work again.
func (k *Keeper) Fail(reason vault.Reason) {
	k.lock.Lock()
	defer k.lock.Unlock()
	k.fault = reason
}

// Writes is how often it was asked to change something.
func (k *Keeper) Writes() int {
	k.lock.Lock()
	defer k.lock.Unlock()
	return k.writes
}

// Check fails for the set reason.
func (k *Keeper) Check(context.Context) error {
	k.lock.Lock()
	defer k.lock.Unlock()
	return k.failure()
}

// Keys lists names with the prefix, in order.
func (k *Keeper) Keys(_ context.Context, prefix string) ([]string, error) {
	k.lock.Lock()
	defer k.lock.Unlock()
	if err := k.failure(); err != nil {
		return nil, err
	}
	var names []string
	for name := range k.names {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Destroy removes a name.
func (k *Keeper) Destroy(_ context.Context, name string) (bool, error) {
	k.lock.Lock()
	defer k.lock.Unlock()
	k.writes++
	if err := k.failure(); err != nil {
		return false, err
	}
	found := k.names[name]
	delete(k.names, name)
	return found, nil
}

func (k *Keeper) failure() error {
	if k.fault == "" {
		return nil
	}
	return &vault.Error{Reason: k.fault, Cause: errors.New("as asked")}
}
