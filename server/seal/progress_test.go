package seal_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"voute.dev/voute/server/seal"
)

// file is a sealed document that can be cut, as a blob is.
type file struct{ bytes.Buffer }

func (f *file) resume(t tester, p seal.Progress) {
	t.Helper()
	if int64(f.Len()) < p.Written() {
		t.Fatalf("%d bytes are written, and the progress counts on %d", f.Len(), p.Written())
	}
	f.Truncate(int(p.Written()))
}

type tester interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

func resume(t tester, f *file, key []byte, p seal.Progress) *seal.Writer {
	t.Helper()
	f.resume(t, p)
	w, err := seal.Resume(f, key, id, p)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func feed(t tester, w *seal.Writer, part []byte, read bool) {
	t.Helper()
	var n int64
	var err error
	if read {
		n, err = w.ReadFrom(iotest.HalfReader(bytes.NewReader(part)))
	} else {
		m, wrote := w.Write(part)
		n, err = int64(m), wrote
	}
	if n != int64(len(part)) || err != nil {
		t.Fatalf("%d of %d bytes are taken (error %v)", n, len(part), err)
	}
}

// A document that comes in pieces, of which some are lost and sent again with
// other bytes, ends as one that came at once: version 1, to the byte.
func TestWhatComesInPiecesIsVersion1(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		key, plain := newKey(), pattern(sizes().Draw(r, "size"))
		var f file
		kept := seal.Begin(int64(len(plain)))
		for kept.Offset < kept.Size {
			w := resume(r, &f, key, kept)
			n := rapid.IntRange(1, len(plain)-int(kept.Offset)).Draw(r, "piece")
			if rapid.IntRange(0, 5).Draw(r, "small") > 0 && len(plain) < 100_000 {
				n = min(n, rapid.IntRange(1, 5000).Draw(r, "small piece"))
			}
			lost := rapid.IntRange(0, 3).Draw(r, "lost") == 0
			part := slices.Clone(plain[kept.Offset : int(kept.Offset)+n])
			if lost {
				part[0] ^= 1
			}
			feed(r, w, part, rapid.Bool().Draw(r, "read"))
			p, err := w.Progress()
			if err != nil || p.Offset != kept.Offset+int64(n) {
				r.Fatalf("after %d bytes at %d the progress is %d (error %v)", n, kept.Offset, p.Offset, err)
			}
			w.Discard()
			if !lost {
				kept = stored(r, p)
			}
		}
		w := resume(r, &f, key, kept)
		if err := w.Close(); err != nil {
			r.Fatal(err)
		}
		for name, open := range map[string]func() ([]byte, error){
			"the reader": func() ([]byte, error) { return openAll(f.Bytes(), key, id) },
			"the letter": func() ([]byte, error) { return reference{key: key, documentID: id}.open(f.Bytes()) },
		} {
			if opened, err := open(); err != nil || !bytes.Equal(opened, plain) {
				r.Fatalf("by %s, %d bytes open to %d others (error %v)", name, len(plain), len(opened), err)
			}
		}
	})
}

// stored is a progress as a database gives it back, if what is to be known of a
// tail is true of it.
func stored(t tester, p seal.Progress) seal.Progress {
	t.Helper()
	if len(p.Tail) > 20 {
		t.Fatalf("the tail has %d records", len(p.Tail))
	}
	for i := range max(len(p.Tail)-1, 0) {
		if before, next := p.Tail[i].Length(), p.Tail[i+1].Length(); before < 2*next {
			t.Fatalf("a record of %d bytes follows one of %d", next, before)
		}
	}
	p.Header, p.Tail = slices.Clone(p.Header), slices.Clone(p.Tail)
	for i, record := range p.Tail {
		p.Tail[i].Sealed = slices.Clone(record.Sealed)
	}
	return p
}

// Byte by byte, a segment costs each of its bytes few sealings.
func TestAByteAtATime(t *testing.T) {
	key, size := newKey(), 40_000
	w, err := seal.Resume(io.Discard, key, id, seal.Begin(int64(size)))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	sealed, known := 0, map[string]bool{}
	for _, b := range pattern(size) {
		feed(t, w, []byte{b}, false)
		p, err := w.Progress()
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range stored(t, p).Tail {
			if nonce := string(record.Sealed[:12]); !known[nonce] {
				known[nonce] = true
				sealed += int(record.Length())
			}
		}
	}
	if most := 17 * size; sealed > most { // log2 of the size, and one
		t.Errorf("%d bytes were sealed for %d", sealed, size)
	}
}

// The progress of a tail is refused when anything of it was changed, moved or
// taken away, or is another document's.
func TestEveryBitOfATailCounts(t *testing.T) {
	key := newKey()
	w, err := seal.Resume(io.Discard, key, id, seal.Begin(10_000))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{100, 30, 7} {
		feed(t, w, pattern(n), false)
		if _, err := w.Progress(); err != nil {
			t.Fatal(err)
		}
	}
	good, err := w.Progress()
	if err != nil || len(good.Tail) != 3 {
		t.Fatalf("the progress is %+v (error %v)", good, err)
	}
	for name, bad := range map[string]func(*seal.Progress){
		"bit":           func(p *seal.Progress) { p.Tail[1].Sealed[20] ^= 1 },
		"header":        func(p *seal.Progress) { p.Header[20] ^= 1 },
		"short header":  func(p *seal.Progress) { p.Header = p.Header[:31] },
		"last missing":  func(p *seal.Progress) { p.Tail = p.Tail[:2] },
		"first missing": func(p *seal.Progress) { p.Tail = p.Tail[1:] },
		"exchanged":     func(p *seal.Progress) { p.Tail[0], p.Tail[1] = p.Tail[1], p.Tail[0] },
		"moved":         func(p *seal.Progress) { p.Tail[0].Start, p.Offset = 1, p.Offset+1 },
		"repeated":      func(p *seal.Progress) { p.Tail = append(p.Tail, p.Tail[2]) },
		"cut":           func(p *seal.Progress) { p.Tail[2].Sealed = p.Tail[2].Sealed[:34]; p.Offset-- },
		"emptied":       func(p *seal.Progress) { p.Tail[2].Sealed = p.Tail[2].Sealed[:28]; p.Offset -= 7 },
		"offset":        func(p *seal.Progress) { p.Offset++ },
		"beyond":        func(p *seal.Progress) { p.Size = 50 },
		"negative":      func(p *seal.Progress) { p.Offset, p.Tail = -1, nil },
	} {
		p := stored(t, good)
		bad(&p)
		if _, err := seal.Resume(io.Discard, key, id, p); !errors.Is(err, seal.ErrDamaged) && !errors.Is(err, seal.ErrFormat) {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
	for name, resume := range map[string]func() (*seal.Writer, error){
		"another key":      func() (*seal.Writer, error) { return seal.Resume(io.Discard, newKey(), id, good) },
		"another document": func() (*seal.Writer, error) { return seal.Resume(io.Discard, key, "other", good) },
	} {
		if _, err := resume(); !errors.Is(err, seal.ErrDamaged) {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
	if _, err := seal.Resume(io.Discard, key, id, stored(t, good)); err != nil {
		t.Errorf("unchanged: %v", err)
	}
}

// A record can never stand for a segment, nor a segment for a record.
func TestRecordsAreNoSegments(t *testing.T) {
	key := newKey()
	var f file
	w := resume(t, &f, key, seal.Begin(100))
	feed(t, w, pattern(50), false)
	p, err := w.Progress()
	if err != nil {
		t.Fatal(err)
	}
	refused(t, append(slices.Clone(p.Header), p.Tail[0].Sealed...), key, "a record in place of the last segment")
	whole := sealAll(t, key, pattern(50), 50)
	p.Header, p.Tail = whole[:32], []seal.Record{{Sealed: whole[32:]}}
	if _, err := seal.Resume(io.Discard, key, id, p); !errors.Is(err, seal.ErrDamaged) {
		t.Errorf("a segment in place of a record: the error is %v", err)
	}
}

func TestMoreOrLessThanAnnounced(t *testing.T) {
	for _, size := range []int{0, 10, segment, segment + 5} {
		for name, w := range map[string]*seal.Writer{
			"written": resume(t, &file{}, newKey(), seal.Begin(int64(size))), "read": resume(t, &file{}, newKey(), seal.Begin(int64(size))),
		} {
			feed(t, w, pattern(size), name == "read")
			_, err := w.ReadFrom(bytes.NewReader([]byte("x")))
			if err == nil || w.Err() == nil || w.Close() == nil {
				t.Errorf("%s: a document of %d bytes takes one more", name, size)
			}
		}
	}
	w := resume(t, &file{}, newKey(), seal.Begin(10))
	feed(t, w, pattern(9), false)
	if w.Close() == nil {
		t.Error("a document ends before its last byte")
	}
}

// What reading failed with is not a failure of the writer: what came is kept.
func TestABrokenBodyIsNoFaultOfTheWriter(t *testing.T) {
	w := resume(t, &file{}, newKey(), seal.Begin(1000))
	n, err := w.ReadFrom(io.MultiReader(bytes.NewReader(pattern(100)), iotest.ErrReader(errOnPurpose)))
	if n != 100 || !errors.Is(err, errOnPurpose) || w.Err() != nil {
		t.Errorf("%d bytes are read, with %v and %v", n, err, w.Err())
	}
	if p, err := w.Progress(); err != nil || p.Offset != 100 {
		t.Errorf("the progress is %d (error %v)", p.Offset, err)
	}
}

var errOnPurpose = errors.New("on purpose")

// pairs has every nonce that was drawn under one key, with what it sealed.
type pairs struct {
	t     *testing.T
	gcm   reference
	drawn map[string]string
	count int
}

// add opens a sealed piece by the letter of the format, and holds its nonce to
// one plaintext with one associated data.
func (p *pairs) add(sealed, associated []byte) {
	plain, err := p.gcm.gcm().Open(nil, sealed[:12], sealed[12:], associated)
	if err != nil {
		p.t.Fatalf("what was sealed does not open: %v", err)
	}
	sum := sha256.Sum256(append(binary.BigEndian.AppendUint64(nil, uint64(len(associated))), append(associated, plain...)...))
	nonce := string(sealed[:12])
	if before, used := p.drawn[nonce]; used && before != string(sum[:]) {
		p.t.Fatalf("the nonce %x sealed two plaintexts", nonce)
	} else if !used {
		p.drawn[nonce] = string(sum[:])
		p.count++
	}
}

// witness sees every segment that is written, also those that are lost later.
type witness struct {
	*file
	pairs  *pairs
	header []byte
}

func (w witness) Write(p []byte) (int, error) {
	if len(p) != seal.HeaderSize {
		index := (w.Len() - seal.HeaderSize) / (segment + 28)
		w.pairs.add(p, w.pairs.gcm.associated(w.header, index, false))
	}
	return w.file.Write(p)
}

// TestNoPairSealsTwoPlaintexts receives documents in random pieces, loses what
// was not kept, sends other bytes in its place, rolls kept progress back as a
// restored database would, and reads every nonce from what was written.
func TestNoPairSealsTwoPlaintexts(t *testing.T) {
	rounds := 1_000
	if os.Getenv("VOUTE_SOAK") != "" {
		rounds = 200_000
	}
	random := rand.New(rand.NewPCG(6, 2026))
	all := 0
	for done := 0; done < rounds; {
		key := newKey()
		seen := &pairs{t: t, gcm: reference{key: key, documentID: id}, drawn: map[string]string{}}
		var f file
		kept := seal.Begin(4 * segment)
		history := []seal.Progress{kept}
		for range 200 {
			done++
			f.resume(t, kept)
			w, err := seal.Resume(witness{&f, seen, kept.Header}, key, id, kept)
			if err != nil {
				t.Fatal(err)
			}
			part := make([]byte, 1+random.Int64N(min(kept.Size-kept.Offset, int64(1)<<(1+random.IntN(21)))))
			for i := range part {
				part[i] = byte(random.Uint32())
			}
			feed(t, w, part, random.IntN(2) == 0)
			p, err := w.Progress()
			if err != nil {
				t.Fatal(err)
			}
			w.Discard()
			for _, record := range p.Tail {
				data := binary.BigEndian.AppendUint64(slices.Clone(kept.Header), uint64(record.Start))
				seen.add(record.Sealed, append(append(data, 2), id...))
			}
			switch random.IntN(4) {
			case 0: // lost
			case 1: // rolled back, and the blob with it
				kept = history[random.IntN(len(history))]
			default:
				if kept = p; kept.Offset == kept.Size {
					kept = history[0]
				}
				history = append(history, kept)
			}
			if int64(f.Len()) < kept.Written() { // the blob of a later time is longer, never shorter
				kept = history[0]
			}
		}
		all += seen.count
	}
	t.Logf("%d sealings, no nonce twice under a key", all)
	if all < rounds/2 {
		t.Errorf("only %d sealings were seen in %d rounds", all, rounds)
	}
}

// tailVector is one frozen tail.
type tailVector struct {
	DocumentID  string   `json:"documentID"`
	Key         []byte   `json:"key"`
	Header      []byte   `json:"header"`
	Size        int64    `json:"size"`
	Offset      int64    `json:"offset"`
	Starts      []int64  `json:"starts"`
	Sealed      [][]byte `json:"sealed"`
	PlainSHA256 string   `json:"plainSHA256"` // of the tail
}

// makeTail seals with nothing of the package under test.
func makeTail(size, offset int64, lengths ...int64) tailVector {
	key := sha256.Sum256([]byte("key of a tail"))
	r := reference{key: key[:], documentID: "01jd2v7x4q"}
	copy(r.fileID[:], "frozen file id 2")
	v := tailVector{DocumentID: r.documentID, Key: r.key, Header: r.header(), Size: size, Offset: offset}
	start := offset
	for _, length := range lengths {
		start -= length
	}
	plain := pattern(int(offset))
	v.PlainSHA256 = hash(plain[start:])
	for i, length := range lengths {
		data := binary.BigEndian.AppendUint64(slices.Clone(v.Header), uint64(start))
		data = append(append(data, 2), r.documentID...)
		nonce := sha256.Sum256(fmt.Appendf(nil, "tail %d", i))
		sealed := r.gcm().Seal(slices.Clone(nonce[:12]), nonce[:12], plain[start:start+length], data)
		v.Starts, v.Sealed = append(v.Starts, start), append(v.Sealed, sealed)
		start += length
	}
	return v
}

var frozenTails = map[string]tailVector{
	"one-byte":          makeTail(100, 1, 1),
	"three-records":     makeTail(5000, 350, 200, 100, 50),
	"after-two-segment": makeTail(3*segment, 2*segment+77, 64, 13),
	"whole-document":    makeTail(21, 21, 21),
}

func TestFrozenTails(t *testing.T) {
	for name, v := range frozenTails {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join("testdata", "tail", name+".json")
			if _, err := os.Stat(file); *freeze && os.IsNotExist(err) {
				freezeTail(t, file, v)
			}
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var frozen tailVector
			if err := json.Unmarshal(content, &frozen); err != nil {
				t.Fatal(err)
			}
			frozen.check(t)
		})
	}
}

func freezeTail(t *testing.T, file string, v tailVector) {
	content, err := json.MarshalIndent(v, "", "  ")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(file), 0o755)
	}
	if err == nil {
		err = os.WriteFile(file, append(content, '\n'), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// check goes on after the tail, and reads the document that comes of it.
func (v tailVector) check(t *testing.T) {
	p := seal.Progress{Header: v.Header, Size: v.Size, Offset: v.Offset}
	for i, sealed := range v.Sealed {
		p.Tail = append(p.Tail, seal.Record{Start: v.Starts[i], Sealed: sealed})
	}
	plain := pattern(int(v.Size))
	if hash(plain[v.Starts[0]:v.Offset]) != v.PlainSHA256 {
		t.Fatal("the tail is of another document")
	}
	r := reference{key: v.Key, documentID: v.DocumentID, nonce: func(index int) []byte { return append(make([]byte, 11), byte(index)) }}
	copy(r.fileID[:], v.Header[16:])
	out := bytes.NewBuffer(r.seal(plain)[:p.Written()])
	w, err := seal.Resume(out, v.Key, v.DocumentID, p)
	if err != nil {
		t.Fatal(err)
	}
	feed(t, w, plain[v.Offset:], false)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if opened, err := openAll(out.Bytes(), v.Key, v.DocumentID); err != nil || !bytes.Equal(opened, plain) {
		t.Errorf("%d bytes open (error %v)", len(opened), err)
	}
}
