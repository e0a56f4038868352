package convergence

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/test/memoryapi"
)

// sequence is what a seed stands for.
type sequence struct {
	seed  uint64
	mode  mode
	edits []edit
}

func newSequence(seed uint64) sequence {
	rng := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a sequence is meant to be repeated
	s := sequence{seed: seed, mode: modes[seed%uint64(len(modes))]}
	for range 2 + rng.IntN(8) {
		s.edits = append(s.edits, newEdit(rng))
	}
	return s
}

func (s sequence) String() string {
	var lines []string
	for _, e := range s.edits {
		lines = append(lines, fmt.Sprintf("  %s (then %d rounds)", e.text, e.rounds))
	}
	return fmt.Sprintf("seed %d, %s:\n%s", s.seed, s.mode.name, strings.Join(lines, "\n"))
}

// run carries the sequence out, and says what is wrong at its end.
func (s sequence) run(model *memoryapi.Model) error {
	w, err := newWorld(model, s.seed, s.mode)
	if err != nil {
		return err
	}
	wish := firstWishes()
	if err := w.carryOut(s.edits, wish); err != nil {
		return err
	}
	wish.mend()
	w.edited()
	if err := w.settle(wish, 8); err != nil { // with faults, and then without
		return err
	}
	w.faults.over()
	w.edited()
	if err := w.settle(wish, endless); err != nil {
		return err
	}
	if err := w.staysQuiet(wish); err != nil {
		return err
	}
	if err := w.facts(); err != nil {
		return err
	}
	return w.isFresh(model, wish)
}

func (w *world) carryOut(edits []edit, wish *wishes) error {
	if err := w.settle(wish, w.rng.IntN(10)); err != nil {
		return err
	}
	for _, e := range edits {
		e.wish(wish)
		wish.neverOlder()
		w.edited()
		if e.meddle != nil {
			done, err := e.meddle.do(w.ctx, w.admin, namespace)
			if err != nil {
				return fmt.Errorf("%s: %w", e.text, err)
			}
			if done {
				w.meddled++
			}
		}
		relieve := w.hinder()
		err := w.settle(wish, e.rounds)
		relieve()
		w.looked = -1
		if err != nil {
			return fmt.Errorf("after %q: %w", e.text, err)
		}
	}
	return nil
}

// isFresh compares with a tenant that was made with the last wishes.
func (w *world) isFresh(model *memoryapi.Model, wish *wishes) error {
	got, err := stateOf(w.ctx, w.admin, namespace)
	if err != nil {
		return err
	}
	pilots := &v1alpha1.PilotList{}
	if err := w.admin.List(w.ctx, pilots, client.InNamespace(namespace)); err != nil {
		return err
	}
	made := agesOf(pilots)
	other, err := newWorld(model, 0, mode{operators: 1})
	if err != nil {
		return err
	}
	other.people.sorted = made.sorted
	if err := other.byAge(made, wish); err != nil {
		return err
	}
	if err := other.settle(wish, endless); err != nil {
		return fmt.Errorf("the fresh tenant: %w", err)
	}
	want, err := stateOf(other.ctx, other.admin, namespace)
	if err != nil {
		return fmt.Errorf("the fresh tenant: %w", err)
	}
	if wrong := differences(got, want); len(wrong) > 0 {
		return fmt.Errorf("it is not as a fresh tenant:\n%s", strings.Join(wrong, "\n"))
	}
	return nil
}

// ages are when the pilots were made: of two with one address the older counts.
type ages map[string]time.Time

func agesOf(pilots *v1alpha1.PilotList) ages {
	made := ages{}
	for _, each := range pilots.Items {
		made[each.Name] = each.CreationTimestamp.Time
	}
	return made
}

func (a ages) sorted(pilots map[string]v1alpha1.PilotSpec) []string {
	return slices.SortedStableFunc(slices.Values(byName(pilots)), func(x, y string) int { return a[x].Compare(a[y]) })
}

// byAge makes the pilots at the times at which the others were made.
func (w *world) byAge(made ages, wish *wishes) error {
	for _, name := range w.people.sorted(wish.pilots) {
		w.wait(max(0, made[name].Sub(w.now())))
		pilot := &v1alpha1.Pilot{ObjectMeta: w.people.meta(name), Spec: wish.pilots[name]}
		if err := w.admin.Create(w.ctx, pilot); err != nil {
			return err
		}
	}
	return nil
}

// lastWrites names what was written last.
func (w *world) lastWrites(n int) string {
	var texts []string
	for _, gvk := range kinds {
		for _, change := range w.api.Log(gvk) {
			var version int64
			_, _ = fmt.Sscan(change.Object.GetResourceVersion(), &version)
			if version > w.api.Writes()-int64(n) {
				texts = append(texts, fmt.Sprintf("%06d %s %s %v", version, gvk.Kind, change.Object.GetName(), change.Gone))
			}
		}
	}
	slices.Sort(texts)
	return strings.Join(texts, "; ")
}
