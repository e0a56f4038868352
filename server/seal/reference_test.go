package seal_test

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"slices"
)

// reference seals and opens by the letter of docs/format.md, with nothing of
// the package under test. Its nonces are the caller's.
type reference struct {
	key        []byte
	documentID string
	fileID     [16]byte
	nonce      func(index int) []byte
}

const segment = 1048576

func (r reference) header() []byte {
	header := []byte("VOUTEDOC\x00\x01\x01\x00\x00\x10\x00\x00")
	return append(header, r.fileID[:]...)
}

func (r reference) associated(header []byte, index int, last bool) []byte {
	data := binary.BigEndian.AppendUint64(slices.Clone(header), uint64(index))
	if last {
		data = append(data, 1)
	} else {
		data = append(data, 0)
	}
	return append(data, r.documentID...)
}

func (r reference) gcm() cipher.AEAD {
	block, err := aes.NewCipher(r.key)
	if err != nil {
		panic(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return gcm
}

func (r reference) seal(plain []byte) []byte {
	header, gcm := r.header(), r.gcm()
	sealed := slices.Clone(header)
	for index := 0; ; index++ {
		part := plain[:min(segment, len(plain))]
		plain = plain[len(part):]
		nonce := r.nonce(index)
		sealed = append(sealed, nonce...)
		sealed = gcm.Seal(sealed, nonce, part, r.associated(header, index, len(plain) == 0))
		if len(plain) == 0 {
			return sealed
		}
	}
}

// open takes the header as it is found.
func (r reference) open(sealed []byte) ([]byte, error) {
	header, rest, gcm := sealed[:32], sealed[32:], r.gcm()
	var plain []byte
	for index := 0; len(rest) > 0; index++ {
		part := rest[:min(segment+28, len(rest))]
		rest = rest[len(part):]
		var err error
		plain, err = gcm.Open(plain, part[:12], part[12:], r.associated(header, index, len(rest) == 0))
		if err != nil {
			return nil, err
		}
	}
	return plain, nil
}
