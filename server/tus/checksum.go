package tus

import (
	"crypto/sha1" // the protocol demands it; it guards against lines, not against people
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"maps"
	"net/http"
	"slices"
	"strings"
)

var algorithms = map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New}

// Algorithms lists what a chunk's checksum may be.
func Algorithms() []string { return slices.Sorted(maps.Keys(algorithms)) }

// Checksum is what a chunk must come to. Without one, Digest is nil.
type Checksum struct {
	Digest hash.Hash
	Sum    []byte
}

// ReadChecksum reads "sha1 <base64>".
func ReadChecksum(h http.Header) (Checksum, error) {
	values := h.Values("Upload-Checksum")
	if len(values) == 0 {
		return Checksum{}, nil
	}
	name, encoded, _ := strings.Cut(values[0], " ")
	algorithm, known := algorithms[name]
	if !known || len(values) > 1 {
		return Checksum{}, malformed("Upload-Checksum must be one of " + strings.Join(Algorithms(), ", "))
	}
	sum, err := base64.StdEncoding.Strict().DecodeString(encoded)
	digest := algorithm()
	if err != nil || len(sum) != digest.Size() || strings.ContainsAny(encoded, "\r\n") {
		return Checksum{}, malformed("Upload-Checksum must be the algorithm, a space, and the checksum in base64")
	}
	return Checksum{Digest: digest, Sum: sum}, nil
}
