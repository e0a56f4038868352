package sharingtenant

import (
	"slices"
	"sync"

	"voute.dev/voute/internal/desired"
	"voute.dev/voute/internal/serverstatus"
)

// wordings is how many configurations are remembered of a server.
const wordings = 8

// agreements are the configurations of each server that agree in all but their
// notice. A notice of a change to come that is on its way is nothing that a server
// lacks: else each client would be unready for a minute whenever a change begins
// to wait.
type agreements struct {
	lock sync.Mutex
	last map[serverstatus.Key]agreement
}

// agreement has the hash of what they agree in, and those of the whole of each.
type agreement struct {
	settings string
	wholes   []string
}

// note keeps what is wanted of a server. Settings are asked for only where that is
// new.
func (a *agreements) note(key serverstatus.Key, whole string, settings func() (string, error)) error {
	if a.isNotice(key, whole) {
		return nil
	}
	hash, err := settings()
	if err != nil {
		return err
	}
	a.lock.Lock()
	defer a.lock.Unlock()
	now := agreement{settings: hash, wholes: []string{whole}}
	if before := a.last[key]; before.settings == hash {
		now.wholes = append(now.wholes, before.wholes[:min(len(before.wholes), wordings-1)]...)
	}
	if a.last == nil {
		a.last = map[serverstatus.Key]agreement{}
	}
	a.last[key] = now
	return nil
}

// isNotice says whether what a server works by differs from what was noted last
// in nothing but the notice.
func (a *agreements) isNotice(key serverstatus.Key, works string) bool {
	a.lock.Lock()
	defer a.lock.Unlock()
	return slices.Contains(a.last[key].wholes, works)
}

func (a *agreements) forget(key serverstatus.Key) {
	a.lock.Lock()
	defer a.lock.Unlock()
	delete(a.last, key)
}

// settingsOf is the hash of an environment's configuration without its notice.
func (s *scope) settingsOf(e *environment) (string, error) {
	in := s.input(e)
	in.Notice = nil
	configMap, err := desired.ConfigMap(in)
	if err != nil || configMap == nil {
		return "", err
	}
	return desired.ConfigHash(configMap), nil
}
