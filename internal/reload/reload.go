// Package reload keeps what was made from a file, and makes it anew when the
// file changes. A file that is bad leaves the last good value in force.
//
// The file is read every few seconds and compared by its bytes. Kubernetes
// swaps a mounted ConfigMap by renaming a link, which file notifications see
// differently on each file system; a small file read now and then is sure.
package reload

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/log"
)

const interval = 5 * time.Second

// File is a value made from a file.
type File[T any] struct {
	path   string
	build  func([]byte) (T, error)
	report func(valid bool)
	notify func(context.Context)

	content []byte
	current atomic.Pointer[T]
}

// Open makes the first value; a bad file is an error. Report is told whether
// the file that is there now is valid; notify, that there is a new value.
func Open[T any](path string, build func([]byte) (T, error), report func(valid bool), notify func(context.Context)) (*File[T], error) {
	f := &File[T]{path: path, build: build, report: report, notify: notify}
	if _, err := f.load(); err != nil {
		return nil, err
	}
	return f, nil
}

// Current is the last good value.
func (f *File[T]) Current() T { return *f.current.Load() }

// Start looks at the file until the context ends.
func (f *File[T]) Start(ctx context.Context) error {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			f.Look(ctx)
		}
	}
}

// NeedLeaderElection is false: an operator that waits for its turn keeps up too.
func (f *File[T]) NeedLeaderElection() bool { return false }

// Look takes a changed file up.
func (f *File[T]) Look(ctx context.Context) {
	changed, err := f.load()
	if err != nil {
		log.FromContext(ctx).Error(err, "the changed file is not valid: the last good one stays in force", "file", f.path)
		return
	}
	if changed {
		log.FromContext(ctx).Info("took up a changed file", "file", f.path)
		f.notify(ctx)
	}
}

// load reads the file; a file whose bytes were seen before is not built again,
// so that a bad one is reported once.
func (f *File[T]) load() (changed bool, err error) {
	content, err := os.ReadFile(f.path)
	if err != nil {
		return false, fmt.Errorf("read %s: %w", f.path, err)
	}
	if f.content != nil && bytes.Equal(content, f.content) {
		return false, nil
	}
	f.content = content
	value, err := f.build(content)
	f.report(err == nil)
	if err != nil {
		return false, fmt.Errorf("%s: %w", f.path, err)
	}
	f.current.Store(&value)
	return true, nil
}
