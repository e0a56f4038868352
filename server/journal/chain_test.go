package journal

import (
	"errors"
	"iter"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// written is a chain of lines, some of them without a hash, as they are kept.
func written(r *rapid.T) []Entry {
	texts := rapid.SampledFrom([]string{"", "a", "b", "ab", "\x00", "é"})
	var all []Entry
	last := Anchor{}
	for i := range rapid.IntRange(1, 12).Draw(r, "lines") {
		e := Entry{
			Number: int64(i + 1), Time: time.UnixMilli(rapid.Int64Range(0, 1<<40).Draw(r, "time")).UTC(),
			Actor:  Actor{ID: texts.Draw(r, "id"), Address: texts.Draw(r, "address"), UserAgent: texts.Draw(r, "agent"), Referer: texts.Draw(r, "referer")},
			Kind:   Kind(texts.Draw(r, "kind")),
			Object: texts.Draw(r, "object"), Detail: rapid.MapOfN(texts, texts, 0, 3).Draw(r, "detail"),
		}.Clean()
		last = Anchor{Number: e.Number, Hash: e.Follow(last.Hash)}
		if rapid.IntRange(0, 3).Draw(r, "bare") > 0 {
			e.Hash = last.Hash
		}
		all = append(all, e)
	}
	all[len(all)-1].Hash = last.Hash
	return all
}

func each(all []Entry) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for _, e := range all {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func TestVerify(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		all := written(r)
		whole, err := Verify(Anchor{}, each(all))
		if err != nil || whole.Lines != int64(len(all)) || whole.Loose != 0 || whole.End.Hash != all[len(all)-1].Hash {
			r.Fatalf("%+v (%v)", whole, err)
		}
		cut := rapid.IntRange(0, len(all)).Draw(r, "cut")
		first, err := Verify(Anchor{}, each(all[:cut]))
		if err != nil {
			r.Fatal(err)
		}
		if rest, err := Verify(first.End, each(all[cut:])); err != nil || rest.End != whole.End {
			r.Fatalf("from line %d on: %+v (%v)", cut, rest, err)
		}
	})
}

// TestChangesAreFound at the line that was changed or at the next one with a
// hash: never before it, never not at all.
func TestChangesAreFound(t *testing.T) {
	changes := map[string]func(all []Entry, i int) []Entry{
		"time":       func(all []Entry, i int) []Entry { all[i].Time = all[i].Time.Add(time.Millisecond); return all },
		"who":        func(all []Entry, i int) []Entry { all[i].Actor.ID += "x"; return all },
		"address":    func(all []Entry, i int) []Entry { all[i].Actor.Address += "x"; return all },
		"user agent": func(all []Entry, i int) []Entry { all[i].Actor.UserAgent += "x"; return all },
		"referer":    func(all []Entry, i int) []Entry { all[i].Actor.Referer += "x"; return all },
		"kind":       func(all []Entry, i int) []Entry { all[i].Kind += "x"; return all },
		"object":     func(all []Entry, i int) []Entry { all[i].Object += "x"; return all },
		"detail":     func(all []Entry, i int) []Entry { all[i].Detail["more"] = ""; return all },
		"moved between fields": func(all []Entry, i int) []Entry {
			all[i].Actor.ID, all[i].Actor.Address = all[i].Actor.ID+all[i].Actor.Address+"x", ""
			return all
		},
		"taken out":    func(all []Entry, i int) []Entry { return slices.Delete(all, i, i+1) },
		"put in twice": func(all []Entry, i int) []Entry { return slices.Insert(all, i, all[i]) },
		"another hash": func(all []Entry, i int) []Entry { all[i].Hash[3]++; return all },
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(r *rapid.T) {
				all := written(r)
				if name == "taken out" && len(all) == 1 {
					return
				}
				i := rapid.IntRange(0, len(all)-1).Draw(r, "line")
				if name == "taken out" && i == len(all)-1 {
					i-- // the end is noted elsewhere, or not at all
				}
				number := all[i].Number
				_, err := Verify(Anchor{}, each(change(all, i)))
				var broken *BrokenError
				if !errors.As(err, &broken) || broken.Number < number {
					r.Fatalf("line %d: %v", number, err)
				}
			})
		})
	}
}

// TestFollowIsFrozen: chains that exist must go on to verify.
func TestFollowIsFrozen(t *testing.T) {
	e := Entry{
		Number: 7, Time: time.UnixMilli(1_795_000_000_123), Kind: SignedIn, Object: "o",
		Actor: Actor{ID: "i", Address: "192.0.2.1", UserAgent: "Mozilla", Referer: "/"}, Detail: Detail{"b": "2", "a": "1"},
	}
	const want = "ad26be7b1f4cf0de19d9fd4a0b2a29fe96989da7899cefe19b8b7aa7a744cfc0"
	if got := e.Follow(Hash{1, 2, 3}).String(); got != want {
		t.Errorf("the hash is %s, want %s", got, want)
	}
}

func TestLinesStopAtAnError(t *testing.T) {
	fault := errors.New("the disk is broken")
	_, err := Verify(Anchor{}, func(yield func(Entry, error) bool) { yield(Entry{}, fault) })
	if !errors.Is(err, fault) {
		t.Error(err)
	}
}
