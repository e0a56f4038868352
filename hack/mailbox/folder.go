package mailbox

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// folder keeps each message in a file: the envelope as header lines of our own,
// then the message as it came.
type folder struct {
	path string
	mu   sync.Mutex
	last string // the newest name given, so that names grow
}

const (
	envelopeFrom = "X-Envelope-From: "
	envelopeTo   = "X-Envelope-To: "
)

func (f *folder) add(from string, to []string, content []byte) error {
	var file bytes.Buffer
	fmt.Fprintf(&file, "%s%s\r\n", envelopeFrom, oneLine(from))
	for _, recipient := range to {
		fmt.Fprintf(&file, "%s%s\r\n", envelopeTo, oneLine(recipient))
	}
	file.Write(content)
	f.mu.Lock()
	defer f.mu.Unlock()
	name := f.newName()
	draft := filepath.Join(f.path, "."+name)
	if err := os.WriteFile(draft, file.Bytes(), 0o644); err != nil {
		return err
	}
	return os.Rename(draft, filepath.Join(f.path, name))
}

// newName is the time, and later than every name before it.
func (f *folder) newName() string {
	for {
		name := time.Now().UTC().Format("20060102T150405.000000") + ".eml"
		if name > f.last {
			f.last = name
			return name
		}
		time.Sleep(time.Microsecond)
	}
}

func oneLine(text string) string { return strings.NewReplacer("\r", "", "\n", "").Replace(text) }

// names lists the messages, oldest first.
func (f *folder) names() ([]string, error) {
	entries, err := os.ReadDir(f.path)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), ".eml") && !strings.HasPrefix(entry.Name(), ".") {
			names = append(names, entry.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// read returns a message's file. A name comes from outside: only its last
// element counts.
func (f *folder) read(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(f.path, filepath.Base(name)))
}

func (f *folder) clear() error {
	names, err := f.names()
	for _, name := range names {
		err = errors.Join(err, os.Remove(filepath.Join(f.path, name)))
	}
	return err
}
