package tus

import (
	"encoding/base64"
	"strings"
)

// Metadata is what a client says of an upload, by key. A key without a value
// has an empty one.
type Metadata map[string]string

// ParseMetadata reads pairs of a key and a value in base64, separated by commas.
func ParseMetadata(header string) (Metadata, error) {
	if header == "" {
		return Metadata{}, nil
	}
	if len(header) > largestMetadata {
		return nil, malformed("Upload-Metadata is too long")
	}
	pairs := strings.Split(header, ",")
	if len(pairs) > mostPairs {
		return nil, malformed("Upload-Metadata has too many pairs")
	}
	all := Metadata{}
	for _, pair := range pairs {
		key, encoded, _ := strings.Cut(strings.Trim(pair, " "), " ")
		if key == "" || strings.ContainsFunc(key, notPrintable) {
			return nil, malformed("Upload-Metadata has a key that is empty or not in ASCII")
		}
		if _, twice := all[key]; twice {
			return nil, malformed("Upload-Metadata has a key twice")
		}
		value, err := base64.StdEncoding.Strict().DecodeString(encoded)
		if err != nil || strings.ContainsAny(encoded, "\r\n") {
			return nil, malformed("Upload-Metadata has a value that is not base64")
		}
		all[key] = string(value)
	}
	return all, nil
}

func notPrintable(r rune) bool { return r <= ' ' || r > '~' }
