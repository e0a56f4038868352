package sharingtenant

import (
	"context"
	"sync"

	"sigs.k8s.io/controller-runtime/pkg/client"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/internal/desired"
	"voute.dev/voute/internal/serverstatus"
)

// keep puts an object of an environment, given by its kind and name, and fills in
// what is known of the live one. It is rendered only where what it follows from is
// not what it was, or the live one has changed: most looks find nothing of that,
// and rendering would be most of what they cost.
func (r *Reconciler) keep(ctx context.Context, s *scope, e *environment, live client.Object, render rendering) error {
	in := s.input(e)
	source := in.Source(s.edition, e.revisionName)
	if !s.suspended() {
		if result, settled, problem := r.Objects.Settled(ctx, live, source); settled {
			if problem != nil {
				return problem
			}
			return result.Into(live)
		}
	}
	object, err := render(in)
	if err != nil {
		return err
	}
	result, err := r.put(ctx, s, object, source)
	if err != nil {
		return err
	}
	return result.Into(live)
}

// rendering makes an object of what an environment's objects follow from.
type rendering func(desired.Input) (client.Object, error)

// as is the rendering of a function that gives one kind and never fails.
func as[T client.Object](render func(desired.Input) T) rendering {
	return func(in desired.Input) (client.Object, error) { return render(in), nil }
}

// editions counts the platform's configurations as they come. It holds the last
// one, so that no other can come to lie at its address.
type editions struct {
	lock   sync.Mutex
	last   *configv1.PlatformConfiguration
	number uint64
}

func (e *editions) of(config *configv1.PlatformConfiguration) uint64 {
	e.lock.Lock()
	defer e.lock.Unlock()
	if e.last != config {
		e.last, e.number = config, e.number+1
	}
	return e.number
}

// findings are what was found out of each environment by rendering, as long as
// what that followed from is the same.
type findings struct {
	lock sync.Mutex
	last map[serverstatus.Key]finding
}

// finding has the name of the revision that is wanted, and the hash of voute.yaml,
// each with its source.
type finding struct {
	revisionOf, hashOf uint64
	revision, hash     string
}

func (f *findings) of(key serverstatus.Key) finding {
	f.lock.Lock()
	defer f.lock.Unlock()
	return f.last[key]
}

// change writes into what is known of one.
func (f *findings) change(key serverstatus.Key, change func(*finding)) {
	f.lock.Lock()
	defer f.lock.Unlock()
	if f.last == nil {
		f.last = map[serverstatus.Key]finding{}
	}
	known := f.last[key]
	change(&known)
	f.last[key] = known
}

func (f *findings) forget(key serverstatus.Key) {
	f.lock.Lock()
	defer f.lock.Unlock()
	delete(f.last, key)
}
