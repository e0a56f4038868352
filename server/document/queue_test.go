package document

import (
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const gb = 1_000_000_000

func TestNext(t *testing.T) {
	usual := Spool{Scans: 2, Bytes: 4 * gb}
	for name, c := range map[string]struct {
		spool          Spool
		under, waiting []int64 // sizes, in the order of arrival
		next           []int64
	}{
		"nothing":                              {usual, nil, nil, nil},
		"as many as there are scans":           {usual, nil, []int64{1, 2, 3}, []int64{1, 2}},
		"a large one and a small one":          {usual, nil, []int64{2 * gb, 1}, []int64{2 * gb, 1}},
		"a scan is left to small ones":         {usual, nil, []int64{2 * gb, 2 * gb, 1}, []int64{2 * gb, 1}},
		"past a large one that waits":          {usual, []int64{2 * gb}, []int64{2 * gb, 1}, []int64{1}},
		"beside the room it waits for":         {Spool{Scans: 3, Bytes: 4 * gb}, []int64{2 * gb, 100}, []int64{3 * gb, 2 * gb, gb}, []int64{gb}},
		"not into the room it waits for":       {Spool{Scans: 3, Bytes: 4 * gb}, []int64{2 * gb}, []int64{3 * gb, gb + 1}, nil},
		"a spool for one":                      {Spool{Scans: 2, Bytes: 2 * gb}, []int64{2 * gb}, []int64{1, 2}, nil},
		"one at a time is the order of coming": {Spool{Scans: 1, Bytes: 4 * gb}, nil, []int64{2 * gb, 1}, []int64{2 * gb}},
		"what is too large for any spool":      {usual, []int64{1}, []int64{0, 0}, []int64{0}},
	} {
		t.Run(name, func(t *testing.T) {
			place := 0
			loads := func(sizes []int64) (all []Load) {
				for _, size := range sizes {
					place++
					all = append(all, Load{ID: strconv.Itoa(place), Size: size, Place: place})
				}
				return all
			}
			under := loads(c.under)
			var got []int64
			for _, l := range c.spool.Next(loads(c.waiting), under) {
				got = append(got, l.Size)
			}
			if diff := cmp.Diff(c.next, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// line is a queue in a simulation.
type line struct {
	spool          Spool
	waiting, under []Load
	came           int
}

func (q *line) come(size int64) {
	q.came++
	q.waiting = append(q.waiting, Load{ID: strconv.Itoa(q.came), Size: size, Place: q.came})
}

// start lets those in that may, and holds what they take to the bounds.
func (q *line) start(r *rapid.T) {
	for _, l := range q.spool.Next(q.waiting, q.under) {
		q.under = append(q.under, l)
		q.waiting = slices.DeleteFunc(q.waiting, func(w Load) bool { return w.ID == l.ID })
	}
	if len(q.under) > q.spool.Scans || total(q.under) > q.spool.Bytes {
		r.Fatalf("%d documents of %d bytes are before the antivirus", len(q.under), total(q.under))
	}
	if again := q.spool.Next(q.waiting, q.under); len(again) > 0 {
		r.Fatalf("a second look starts %v", again)
	}
}

func simulate(r *rapid.T) *line {
	q := &line{spool: Spool{Scans: rapid.IntRange(1, 4).Draw(r, "scans"), Bytes: 1000}}
	sizes := rapid.OneOf(rapid.Int64Range(0, 125), rapid.Int64Range(0, 1000), rapid.Just[int64](1000))
	for range rapid.IntRange(0, 40).Draw(r, "steps") {
		if rapid.Bool().Draw(r, "comes") || len(q.under) == 0 {
			q.come(sizes.Draw(r, "size"))
		} else {
			i := rapid.IntRange(0, len(q.under)-1).Draw(r, "ends")
			q.under = slices.Delete(q.under, i, i+1)
		}
		q.start(r)
	}
	return q
}

// TestNobodyStarves: once those have ended who were there before the oldest that
// waits, it goes, whoever has passed it and goes on for ever.
func TestNobodyStarves(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		q := simulate(r)
		for len(q.waiting) > 0 {
			oldest := q.waiting[0]
			before := func(u Load) bool { return u.Place < oldest.Place }
			for i := slices.IndexFunc(q.under, before); i >= 0; i = slices.IndexFunc(q.under, before) {
				q.under = slices.Delete(q.under, i, i+1)
				q.come(rapid.Int64Range(0, 1000).Draw(r, "later"))
				q.start(r)
			}
			if len(q.waiting) > 0 && q.waiting[0].ID == oldest.ID {
				r.Fatalf("a document of %d bytes waits behind %v, who came later", oldest.Size, q.under)
			}
			if q.came > 200 {
				return
			}
		}
	})
}

// TestSmallOnesAreNotHeldUp: while large ones are all that is before the
// antivirus or waits, a small one that comes goes at once, if the spool has room
// for it beside them.
func TestSmallOnesAreNotHeldUp(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		q := &line{spool: Spool{Scans: rapid.IntRange(2, 4).Draw(r, "scans"), Bytes: 1000}}
		for range rapid.IntRange(1, 10).Draw(r, "large ones") {
			q.come(rapid.Int64Range(126, 500).Draw(r, "size"))
			q.start(r)
		}
		small := rapid.Int64Range(0, 125).Draw(r, "small")
		room := total(q.under)+small <= 1000 && (len(q.waiting) == 0 || q.waiting[0].Size+small <= 1000)
		q.come(small)
		q.start(r)
		if waits := slices.ContainsFunc(q.waiting, func(l Load) bool { return l.Place == q.came }); waits && room {
			r.Fatalf("it waits behind %v, beside %v", q.waiting, q.under)
		}
	})
}
