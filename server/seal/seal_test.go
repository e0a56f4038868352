package seal_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"voute.dev/voute/server/seal"
)

const id = "01jd2v7x4q"

func newKey() []byte {
	key := make([]byte, seal.KeySize)
	rand.Read(key)
	return key
}

// sealAll seals in one pass, in writes of the given size.
func sealAll(t testing.TB, key, plain []byte, write int) []byte {
	t.Helper()
	var sealed bytes.Buffer
	w, err := seal.NewWriter(&sealed, key, id)
	if err != nil {
		t.Fatal(err)
	}
	for rest := plain; len(rest) > 0; {
		n, err := w.Write(rest[:min(write, len(rest))])
		if err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return sealed.Bytes()
}

// openAll gives what opens, and the error that ended it.
func openAll(sealed, key []byte, documentID string) ([]byte, error) {
	r, err := seal.NewReader(bytes.NewReader(sealed), int64(len(sealed)), key, documentID)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	return io.ReadAll(r)
}

// sizes lie at and around the ends of segments, and anywhere.
func sizes() *rapid.Generator[int] {
	return rapid.Custom(func(t *rapid.T) int {
		around := rapid.IntRange(-2, 2).Draw(t, "around")
		return max(0, rapid.IntRange(0, 3).Draw(t, "segments")*seal.SegmentSize+
			rapid.OneOf(rapid.Just(around), rapid.IntRange(0, seal.SegmentSize-1)).Draw(t, "rest"))
	})
}

func TestWhatIsSealedOpensToItself(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		plain, key := pattern(sizes().Draw(r, "size")), newKey()
		sealed := sealAll(t, key, plain, rapid.IntRange(1000, 3<<20).Draw(r, "write"))
		if int64(len(sealed)) != seal.SealedSize(int64(len(plain))) {
			r.Fatalf("%d bytes seal to %d, not to %d", len(plain), len(sealed), seal.SealedSize(int64(len(plain))))
		}
		opened, err := openAll(sealed, key, id)
		if err != nil || !bytes.Equal(opened, plain) {
			r.Fatalf("%d bytes open to %d others (error %v)", len(plain), len(opened), err)
		}
		opened, err = reference{key: key, documentID: id}.open(sealed)
		if err != nil || !bytes.Equal(opened, plain) {
			r.Fatalf("by the letter of the format, %d bytes open to %d others (error %v)", len(plain), len(opened), err)
		}
	})
}

func TestReaderGivesAnyPart(t *testing.T) {
	key, plain := newKey(), pattern(2*seal.SegmentSize+777)
	sealed := sealAll(t, key, plain, 1<<20)
	r, err := seal.NewReader(bytes.NewReader(sealed), int64(len(sealed)), key, id)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	like := bytes.NewReader(plain) // the standard library's reader of the same bytes
	rapid.Check(t, func(t *rapid.T) {
		offset := rapid.Int64Range(0, int64(len(plain))+10).Draw(t, "offset")
		part, want := make([]byte, rapid.IntRange(0, 3<<20).Draw(t, "length")), make([]byte, 3<<20)
		n, err := r.ReadAt(part, offset)
		m, wantErr := like.ReadAt(want[:len(part)], offset)
		if n != m || !bytes.Equal(part[:n], want[:m]) || (err == nil) != (wantErr == nil) {
			t.Fatalf("ReadAt gives %d bytes and %v, not %d and %v", n, err, m, wantErr)
		}
	})
	if err := iotest.TestReader(r, plain); err != nil {
		t.Error(err)
	}
}

func TestSizes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.Int64Range(0, 1<<45).Draw(t, "size")
		got, err := seal.PlainSize(seal.SealedSize(plain))
		if err != nil || got != plain {
			t.Fatalf("%d comes back as %d (error %v)", plain, got, err)
		}
	})
	possible := map[int64]bool{}
	for plain := range int64(3000) {
		possible[seal.SealedSize(plain)] = true
		possible[seal.SealedSize(seal.SegmentSize-1500+plain)] = true
	}
	for _, from := range []int64{-100, seal.SegmentSize - 1000} {
		for sealed := from; sealed < from+2000; sealed++ {
			if _, err := seal.PlainSize(sealed); (err == nil) != possible[sealed] {
				t.Errorf("a sealed document of %d bytes: %v", sealed, err)
			}
		}
	}
}

func TestEverySealingIsAnother(t *testing.T) {
	key, plain := newKey(), pattern(100)
	first, second := sealAll(t, key, plain, 100), sealAll(t, key, plain, 100)
	for from := 16; from < len(first)-16; from += 12 { // after what is constant
		if bytes.Equal(first[from:from+12], second[from:from+12]) {
			t.Errorf("two sealings agree at %d", from)
		}
	}
}

// Every change of every byte is noticed before anything is given out.
func TestEveryByteCounts(t *testing.T) {
	key := newKey()
	for _, plain := range [][]byte{{}, pattern(1), pattern(300)} {
		sealed := sealAll(t, key, plain, 100)
		for at := range sealed {
			for _, change := range []byte{1, 0x80, 0xff} {
				damaged := bytes.Clone(sealed)
				damaged[at] ^= change
				refused(t, damaged, key, fmt.Sprintf("byte %d changed by %x", at, change))
			}
		}
		for length := range sealed {
			refused(t, sealed[:length], key, fmt.Sprintf("cut to %d bytes", length))
		}
		refused(t, append(bytes.Clone(sealed), 0), key, "grown by a byte")
	}
}

func refused(t *testing.T, sealed, key []byte, how string) {
	t.Helper()
	opened, err := openAll(sealed, key, id)
	if !errors.Is(err, seal.ErrDamaged) && !errors.Is(err, seal.ErrFormat) || len(opened) > 0 {
		t.Errorf("%s: %d bytes open, with the error %v", how, len(opened), err)
	}
}

// parts cuts a sealed document where its header and its segments end.
func parts(sealed []byte) [][]byte {
	cut := [][]byte{sealed[:seal.HeaderSize]}
	for rest := sealed[seal.HeaderSize:]; len(rest) > 0; {
		n := min(seal.SegmentSize+28, len(rest))
		cut, rest = append(cut, rest[:n]), rest[n:]
	}
	return cut
}

func TestMovedSegmentsAreNoticed(t *testing.T) {
	key, other := newKey(), newKey()
	plain := pattern(4 * seal.SegmentSize) // all segments of one length
	s := parts(sealAll(t, key, plain, 1<<20))
	again := parts(sealAll(t, key, plain, 1<<20))
	foreign := parts(sealAll(t, other, plain, 1<<20))
	for how, c := range map[string]struct {
		parts  [][]byte
		intact int // how many segments may be given out
	}{
		"nothing":                          {[][]byte{s[0], s[1], s[2], s[3], s[4]}, 4},
		"first two exchanged":              {[][]byte{s[0], s[2], s[1], s[3], s[4]}, 0},
		"middle two exchanged":             {[][]byte{s[0], s[1], s[3], s[2], s[4]}, 1},
		"last two exchanged":               {[][]byte{s[0], s[1], s[2], s[4], s[3]}, 0},
		"one repeated":                     {[][]byte{s[0], s[1], s[1], s[3], s[4]}, 1},
		"one left out":                     {[][]byte{s[0], s[1], s[2], s[4]}, 0},
		"the last left out":                {[][]byte{s[0], s[1], s[2], s[3]}, 0},
		"all left out":                     {[][]byte{s[0]}, 0},
		"the last repeated":                {[][]byte{s[0], s[1], s[2], s[3], s[4], s[4]}, 0},
		"one of another sealing, same key": {[][]byte{s[0], s[1], again[2], s[3], s[4]}, 1},
		"one of another key":               {[][]byte{s[0], s[1], s[2], foreign[3], s[4]}, 2},
		"the header of another sealing":    {[][]byte{again[0], s[1], s[2], s[3], s[4]}, 0},
		"all segments of another sealing":  {[][]byte{s[0], again[1], again[2], again[3], again[4]}, 0},
	} {
		t.Run(how, func(t *testing.T) {
			opened, err := openAll(bytes.Join(c.parts, nil), key, id)
			if how != "nothing" && !errors.Is(err, seal.ErrDamaged) {
				t.Errorf("the error is %v, not %v", err, seal.ErrDamaged)
			}
			if !bytes.Equal(opened, plain[:c.intact*seal.SegmentSize]) {
				t.Errorf("%d bytes open, where %d segments are intact", len(opened), c.intact)
			}
		})
	}
}

func TestTruncationsAreNoticed(t *testing.T) {
	key := newKey()
	sealed := sealAll(t, key, pattern(2*seal.SegmentSize+100), 1<<20)
	end := 0
	for _, part := range parts(sealed) {
		end += len(part)
		for length := max(0, end-30); length <= min(end+30, len(sealed)-1); length++ {
			refused(t, sealed[:length], key, fmt.Sprintf("cut to %d bytes", length))
		}
	}
}

// A file that ends before the length it is said to have.
func TestMissingBytesAreDamage(t *testing.T) {
	key := newKey()
	sealed := sealAll(t, key, pattern(2*seal.SegmentSize), 1<<20)
	for _, length := range []int{0, 31, 32, 5000, len(sealed) - 1} {
		_, err := seal.NewReader(bytes.NewReader(sealed[:length]), int64(len(sealed)), key, id)
		if !errors.Is(err, seal.ErrDamaged) {
			t.Errorf("%d bytes of %d: the error is %v, not %v", length, len(sealed), err, seal.ErrDamaged)
		}
	}
}

func TestAnotherDocumentDoesNotOpen(t *testing.T) {
	key := newKey()
	sealed := sealAll(t, key, pattern(10), 10)
	for _, documentID := range []string{id + "x", "01jd2v7x4", "\x00" + id} {
		if _, err := openAll(sealed, key, documentID); !errors.Is(err, seal.ErrDamaged) {
			t.Errorf("document %q: the error is %v, not %v", documentID, err, seal.ErrDamaged)
		}
	}
	if _, err := openAll(sealed, newKey(), id); !errors.Is(err, seal.ErrDamaged) {
		t.Errorf("another key: the error is %v, not %v", err, seal.ErrDamaged)
	}
	for _, c := range []struct {
		key []byte
		id  string
	}{{key[:16], id}, {nil, id}, {key, ""}, {key, string(make([]byte, 256))}} {
		if _, err := openAll(sealed, c.key, c.id); err == nil || errors.Is(err, seal.ErrDamaged) {
			t.Errorf("a key of %d bytes for %q: %v", len(c.key), c.id, err)
		}
	}
}

func TestAReadingFaultIsNoDamage(t *testing.T) {
	key, fault := newKey(), errors.New("the disk is broken")
	sealed := sealAll(t, key, pattern(2*seal.SegmentSize), 1<<20)
	r, err := seal.NewReader(faulty{bytes.NewReader(sealed), seal.HeaderSize, fault}, int64(len(sealed)), key, id)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	if _, err := r.ReadAt(make([]byte, 1), 0); !errors.Is(err, fault) || errors.Is(err, seal.ErrDamaged) {
		t.Errorf("the error is %v, not %v", err, fault)
	}
	if _, err := r.ReadAt(make([]byte, 1), seal.SegmentSize); err != nil {
		t.Errorf("after a fault another segment does not open: %v", err)
	}
}

// faulty fails at one offset.
type faulty struct {
	io.ReaderAt
	at  int64
	err error
}

func (f faulty) ReadAt(p []byte, offset int64) (int, error) {
	if offset == f.at {
		return 0, f.err
	}
	return f.ReaderAt.ReadAt(p, offset)
}

// What was discarded opens as nothing, wherever the writing stopped.
func TestADiscardedDocumentDoesNotOpen(t *testing.T) {
	key := newKey()
	for _, size := range []int{0, 100, seal.SegmentSize, 2*seal.SegmentSize + 1} {
		var sealed bytes.Buffer
		w, err := seal.NewWriter(&sealed, key, id)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(pattern(size)); err != nil {
			t.Fatal(err)
		}
		w.Discard()
		refused(t, sealed.Bytes(), key, fmt.Sprintf("discarded after %d bytes", size))
		if _, err := w.Write([]byte("more")); err == nil {
			t.Error("a discarded writer takes more")
		}
		if err := w.Close(); err == nil {
			t.Error("a discarded writer can be closed as if it were whole")
		}
	}
}

func TestAWritingFaultStays(t *testing.T) {
	fault := errors.New("the disk is full")
	for room := range int64(3) {
		out := &full{left: seal.HeaderSize*min(room, 1) + (seal.SegmentSize+28)*max(0, room-1), err: fault}
		w, err := seal.NewWriter(out, newKey(), id)
		if err == nil {
			_, err = w.Write(pattern(3 * seal.SegmentSize))
			if again := w.Close(); !errors.Is(again, fault) {
				t.Errorf("Close says %v, not %v", again, fault)
			}
		}
		if !errors.Is(err, fault) {
			t.Errorf("with room for %d bytes the error is %v, not %v", out.left, err, fault)
		}
	}
}

// full takes so many bytes.
type full struct {
	left int64
	err  error
}

func (f *full) Write(p []byte) (int, error) {
	f.left -= int64(len(p))
	if f.left < 0 {
		return 0, f.err
	}
	return len(p), nil
}

func TestAClosedReaderGivesNothing(t *testing.T) {
	key := newKey()
	sealed := sealAll(t, key, pattern(10), 10)
	r, err := seal.NewReader(bytes.NewReader(sealed), int64(len(sealed)), key, id)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	if n, err := r.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("a closed reader gives %d bytes and %v", n, err)
	}
}

// TestNextGivesWhatFollows: with every way of reading mixed, as if it were the
// standard library's reader of the same bytes.
func TestNextGivesWhatFollows(t *testing.T) {
	key, plain := newKey(), pattern(3*seal.SegmentSize+777)
	sealed := sealAll(t, key, plain, 1<<20)
	rapid.Check(t, func(t *rapid.T) {
		r, err := seal.NewReader(bytes.NewReader(sealed), int64(len(sealed)), key, id)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = r.Close() }()
		at := int64(0)
		t.Repeat(map[string]func(*rapid.T){
			"next": func(t *rapid.T) {
				most := rapid.Int64Range(1, 2<<20).Draw(t, "most")
				got, err := r.Next(most)
				left := int64(len(plain)) - at
				if want := min(most, left, seal.SegmentSize-at%seal.SegmentSize); err == nil && int64(len(got)) != want || errors.Is(err, io.EOF) != (left == 0) {
					t.Fatalf("at %d Next gives %d bytes in place of %d, and %v", at, len(got), want, err)
				}
				same(t, got, plain[at:])
				at += int64(len(got))
			},
			"read": func(t *rapid.T) {
				part := make([]byte, rapid.IntRange(1, 2<<20).Draw(t, "length"))
				n, _ := r.Read(part)
				same(t, part[:n], plain[at:])
				at += int64(n)
			},
			"elsewhere": func(t *rapid.T) {
				part, offset := make([]byte, 1000), rapid.Int64Range(0, int64(len(plain))-1000).Draw(t, "offset")
				n, _ := r.ReadAt(part, offset)
				same(t, part[:n], plain[offset:])
			},
			"seek": func(t *rapid.T) {
				at = rapid.Int64Range(0, int64(len(plain))).Draw(t, "to")
				if _, err := r.Seek(at, io.SeekStart); err != nil {
					t.Fatal(err)
				}
			},
		})
	})
}

func same(t *rapid.T, got, of []byte) {
	t.Helper()
	if !bytes.HasPrefix(of, got) {
		t.Fatalf("%d bytes differ", len(got))
	}
}

// TestNothingOfADamagedSegmentIsNext: what was opened ahead is refused in its
// turn, and each time.
func TestNothingOfADamagedSegmentIsNext(t *testing.T) {
	key := newKey()
	sealed := sealAll(t, key, pattern(5*seal.SegmentSize), 1<<20)
	sealed[seal.HeaderSize+2*(seal.SegmentSize+28)+500] ^= 1 // the third
	r, err := seal.NewReader(bytes.NewReader(sealed), int64(len(sealed)), key, id)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	for range 2 {
		if got, err := r.Next(1 << 20); err != nil || len(got) != seal.SegmentSize {
			t.Fatalf("a whole segment gives %d bytes and %v", len(got), err)
		}
	}
	for range 3 {
		if got, err := r.Next(1); !errors.Is(err, seal.ErrDamaged) || len(got) > 0 {
			t.Errorf("a damaged segment gives %d bytes and %v", len(got), err)
		}
	}
	if _, err := r.ReadAt(make([]byte, 1), 3*seal.SegmentSize); err != nil {
		t.Errorf("the one after it does not open: %v", err)
	}
}
