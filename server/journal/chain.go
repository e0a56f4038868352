package journal

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	// form is the first byte of what is hashed; another way to write a line
	// down would get another.
	form = 1

	longestUserAgent = 200
	longestReferer   = 300
)

// Hash is what a line carries to bind the next one to it.
type Hash [sha256.Size]byte

// IsZero tells whether there is none.
func (h Hash) IsZero() bool { return h == Hash{} }

func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Anchor is where a chain begins or ends: a line's number and hash. The zero
// Anchor is before the first line there ever was.
type Anchor struct {
	Number int64
	Hash   Hash
}

// Clean cuts a line to what is kept of it: times to the millisecond, text that
// is valid, and nothing of a length that others choose.
func (e Entry) Clean() Entry {
	e.Time = e.Time.UTC().Truncate(time.Millisecond)
	e.Actor = Actor{
		ID: valid(e.Actor.ID), Address: valid(e.Actor.Address),
		UserAgent: cut(e.Actor.UserAgent, longestUserAgent), Referer: cut(e.Actor.Referer, longestReferer),
	}
	e.Object = valid(e.Object)
	detail := Detail{}
	for key, value := range e.Detail {
		detail[valid(key)] = valid(value)
	}
	e.Detail = detail
	return e
}

func valid(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }

func cut(text string, longest int) string {
	return strings.ToValidUTF8(text[:min(len(text), longest)], "")
}

// Follow is the hash of a line that comes after another: of the hash before it,
// and of its content, in which every part has its length before it.
func (e Entry) Follow(before Hash) (h Hash) {
	sum := sha256.New()
	content := append([]byte{form}, before[:]...)
	content = binary.BigEndian.AppendUint64(content, uint64(e.Number))
	content = binary.BigEndian.AppendUint64(content, uint64(stamp(e.Time)))
	for _, text := range []string{e.Actor.ID, e.Actor.Address, e.Actor.UserAgent, e.Actor.Referer, string(e.Kind), e.Object} {
		content = appendText(content, text)
	}
	content = binary.BigEndian.AppendUint32(content, uint32(len(e.Detail)))
	for _, key := range slices.Sorted(maps.Keys(e.Detail)) {
		content = appendText(appendText(content, key), e.Detail[key])
	}
	sum.Write(content)
	sum.Sum(h[:0])
	return h
}

// stamp is a time as it is kept: 0 is never.
func stamp(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func appendText(content []byte, text string) []byte {
	return append(binary.BigEndian.AppendUint32(content, uint32(len(text))), text...)
}

// BrokenError says where a chain breaks.
type BrokenError struct {
	Number int64 // of the line at which it is noticed
	Why    string
}

func (e *BrokenError) Error() string {
	return fmt.Sprintf("the journal's chain breaks at line %d: %s; compare the database with a backup of it", e.Number, e.Why)
}

// Found is what a walk along the chain has seen.
type Found struct {
	Lines int64
	Bare  int64 // of them, those without a hash of their own
	Loose int64 // of those, the last ones, for which no later line vouches yet
	End   Anchor
}

// Verify walks along the lines that follow an anchor. The first line that is
// not what the chain says ends it with a BrokenError.
func Verify(from Anchor, lines iter.Seq2[Entry, error]) (Found, error) {
	found := Found{End: from}
	for line, err := range lines {
		if err != nil {
			return found, err
		}
		if want := found.End.Number + 1; line.Number != want {
			return found, &BrokenError{Number: want, Why: fmt.Sprintf("it is missing, line %d comes next", line.Number)}
		}
		hash := line.Follow(found.End.Hash)
		if !line.Hash.IsZero() && line.Hash != hash {
			return found, &BrokenError{Number: line.Number, Why: "this line or one before it is not what was written"}
		}
		found.End = Anchor{Number: line.Number, Hash: hash}
		found.count(line)
	}
	return found, nil
}

func (f *Found) count(line Entry) {
	f.Lines++
	if !line.Hash.IsZero() {
		f.Loose = 0
		return
	}
	f.Bare++
	f.Loose++
}
