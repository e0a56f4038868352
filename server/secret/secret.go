// Package secret makes what must not be guessed, and the digests under which
// it may be stored.
//
// A token has 256 random bits, so its plain SHA-256 cannot be turned back. A
// mailed code has seven digits only: what is stored of it is an HMAC keyed by
// the token of the sign-in it belongs to, of which the database knows no more
// than the digest. Whoever reads the database cannot try the ten million codes.
package secret

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"
)

// CodeDigits is the length of a mailed code.
const CodeDigits = 7

// ID names a record: 130 random bits in [a-z2-7], fit for a path and a blob's name.
func ID() string {
	return strings.ToLower(rand.Text())
}

// Token has 256 random bits in URL-safe base64.
func Token() string {
	var bits [32]byte
	rand.Read(bits[:])
	return base64.RawURLEncoding.EncodeToString(bits[:])
}

// Digest is what may be stored of a token.
func Digest(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// Code draws one of the ten million codes, all equally likely.
func Code() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(10_000_000))
	if err != nil {
		return "", fmt.Errorf("cannot draw a code: %w", err)
	}
	return fmt.Sprintf("%0*d", CodeDigits, n.Int64()), nil
}

// CodeDigest is what may be stored of a code sent for the sign-in that holds token.
func CodeDigest(token, code string) []byte {
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write([]byte(code))
	return mac.Sum(nil)
}

// SameCode compares in constant time.
func SameCode(token, code string, digest []byte) bool {
	return hmac.Equal(CodeDigest(token, code), digest)
}
