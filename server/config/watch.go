package config

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Interval is how often the file is looked at. Reading a few kilobytes is
// cheaper than being wrong about the symbolic links of a mounted ConfigMap.
const Interval = 2 * time.Second

// Watcher holds the configuration in force. It is safe for concurrent use.
type Watcher struct {
	file   string
	accept func(*Config) error
	log    *slog.Logger

	mu        sync.RWMutex
	inForce   *Config
	hash      string
	seen      string // hash of the bytes last looked at
	failure   error
	listeners []func(*Config)
}

// Open reads the file for the first time; it must be good. What accept refuses
// (nil: nothing) is not taken up: it makes ready what the new configuration
// asks for, such as clients of the services behind.
func Open(file string, accept func(*Config) error, log *slog.Logger) (*Watcher, error) {
	if accept == nil {
		accept = func(*Config) error { return nil }
	}
	w := &Watcher{file: file, accept: accept, log: log}
	w.Check()
	if w.inForce == nil {
		return nil, w.failure
	}
	return w, nil
}

// Current is the configuration in force. It must not be changed.
func (w *Watcher) Current() *Config {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.inForce
}

// State is the hash of the bytes in force, and why newer ones are not.
func (w *Watcher) State() (hash string, failure error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.hash, w.failure
}

// OnChange calls f after each change of the configuration in force.
func (w *Watcher) OnChange(f func(*Config)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.listeners = append(w.listeners, f)
}

// Run looks at the file until the context ends.
func (w *Watcher) Run(ctx context.Context, tick <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
			w.Check()
		}
	}
}

// Check looks at the file once. It is called by one goroutine at a time.
func (w *Watcher) Check() {
	data, err := read(w.file)
	if err != nil {
		w.fail(err, "")
		return
	}
	hash := Hash(data)
	if hash == w.seen && w.failure == nil {
		return
	}
	w.take(data, hash)
}

// take tries a failed file again each time: what it names (a certificate, a
// folder) may be there now.
func (w *Watcher) take(data []byte, hash string) {
	next, err := Parse(data)
	if err == nil {
		err = w.accept(next)
	}
	if err != nil {
		w.fail(err, hash)
		return
	}
	for _, listener := range w.swap(next, hash) {
		listener(next)
	}
}

func (w *Watcher) swap(next *Config, hash string) []func(*Config) {
	w.mu.Lock()
	defer w.mu.Unlock()
	changed := hash != w.hash
	w.inForce, w.hash, w.seen, w.failure = next, hash, hash, nil
	if !changed {
		return nil
	}
	w.log.Info("the configuration is in force", "hash", hash)
	return w.listeners
}

func (w *Watcher) fail(err error, seen string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.inForce != nil && (w.failure == nil || w.failure.Error() != err.Error()) {
		w.log.Error("the configuration is not taken up; the one before stays in force", "error", err)
	}
	w.failure, w.seen = err, seen
}
