package benchserver

import (
	crand "crypto/rand"
	"math/rand/v2"
)

// random gives bytes that nobody has seen before.
func random() *rand.ChaCha8 {
	var seed [32]byte
	crand.Read(seed[:])
	return rand.NewChaCha8(seed)
}

// refill makes content new.
func refill(content []byte) []byte {
	_, _ = random().Read(content) // it never fails
	return content
}
