// Command floor is the least that a server of sealed documents has to do, for
// the real one to be compared with. PUT receives, adds up SHA-256, seals segments
// of 1 MiB with AES-256-GCM, writes them and syncs once; GET reads, opens and
// sends. There are no people, no names, no database and no antivirus, its one key
// is in memory, and an upload that breaks off has to begin again.
//
//	floor ADDRESS CERTIFICATE KEY FOLDER
package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

const (
	segment  = 1 << 20
	overhead = 28 // nonce and tag
)

func main() {
	f, err := newFloor(os.Args[4])
	if err == nil {
		err = http.ListenAndServeTLS(os.Args[1], os.Args[2], os.Args[3], f.handler())
	}
	fmt.Fprintln(os.Stderr, "floor:", err)
	os.Exit(1)
}

type floor struct {
	folder string
	aead   cipher.AEAD
	pairs  sync.Pool
}

// pair has room for one segment, plain and sealed.
type pair struct {
	plain  [segment]byte
	sealed [segment + overhead]byte
}

func newFloor(folder string) (*floor, error) {
	key := make([]byte, 32)
	rand.Read(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &floor{folder: folder, aead: aead, pairs: sync.Pool{New: func() any { return new(pair) }}}, err
}

func (f *floor) handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, action := range map[string]func(http.ResponseWriter, *http.Request, string) error{
		"PUT /{name}": f.take, "GET /{name}": f.give, "DELETE /{name}": f.remove,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := action(w, r, filepath.Join(f.folder, filepath.Base(r.PathValue("name")))); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
			}
		})
	}
	return mux
}

func (f *floor) take(w http.ResponseWriter, r *http.Request, path string) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	p, sum := f.pairs.Get().(*pair), sha256.New()
	defer f.pairs.Put(p)
	for {
		n, ended := io.ReadFull(r.Body, p.plain[:])
		if ended != nil && !errors.Is(ended, io.EOF) && !errors.Is(ended, io.ErrUnexpectedEOF) {
			return ended
		}
		sum.Write(p.plain[:n])
		if _, err := file.Write(f.aead.Seal(p.sealed[:0], nil, p.plain[:n], nil)); err != nil {
			return err
		}
		if ended != nil {
			break
		}
	}
	if err := file.Sync(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%x", sum.Sum(nil))
	return err
}

func (f *floor) give(w http.ResponseWriter, _ *http.Request, path string) (err error) {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	segments := (info.Size() + segment + overhead - 1) / (segment + overhead)
	w.Header().Set("Content-Length", strconv.FormatInt(info.Size()-segments*overhead, 10))
	p := f.pairs.Get().(*pair)
	defer f.pairs.Put(p)
	for range segments {
		n, err := io.ReadFull(file, p.sealed[:])
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
		opened, err := f.aead.Open(p.plain[:0], nil, p.sealed[:n], nil)
		if err != nil {
			return err
		}
		if _, err := w.Write(opened); err != nil {
			return err
		}
	}
	return nil
}

func (f *floor) remove(_ http.ResponseWriter, _ *http.Request, path string) error {
	return os.Remove(path)
}
