package password

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

var errFormat = errors.New("the stored password is not an Argon2id PHC string: send the person a new invitation")

// read takes a PHC string apart. Its parameters are bounded, so that a
// tampered one cannot ask for all the memory.
func read(phc string) (p parameters, salt, hash []byte, err error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return p, nil, nil, errFormat
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.time, &p.lanes); err != nil {
		return p, nil, nil, errFormat
	}
	if p.memory > 4*memoryKiB || p.time < 1 || p.time > 16 || p.lanes < 1 {
		return p, nil, nil, errFormat
	}
	salt, saltErr := encoding.DecodeString(parts[4])
	hash, hashErr := encoding.DecodeString(parts[5])
	if saltErr != nil || hashErr != nil || len(hash) != hashSize {
		return p, nil, nil, errFormat
	}
	return p, salt, hash, nil
}
