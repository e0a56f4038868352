package blob

import (
	"errors"
	"fmt"
)

// volumeWriter has a file for as long as it is not finished: neither
// committed, aborted nor closed.
type volumeWriter struct {
	volume  *Volume
	name    string
	file    File
	unnamed bool // the folder was not synced since the file may have been made
}

func (w *volumeWriter) Write(p []byte) (int, error) {
	if w.file == nil {
		return 0, w.finished()
	}
	return w.file.Write(p)
}

// Sync also makes the part's name durable, once.
func (w *volumeWriter) Sync() error {
	if w.file == nil {
		return w.finished()
	}
	if err := w.file.Sync(); err != nil {
		return fmt.Errorf("cannot write blob %s to the disk: %w", w.name, err)
	}
	if !w.unnamed {
		return nil
	}
	if err := w.volume.folder.Sync(); err != nil {
		return err
	}
	w.unnamed = false
	return nil
}

// Commit renames while it holds the lock under which Resume saw that the name
// was free: it never replaces a blob.
func (w *volumeWriter) Commit() error {
	if w.file == nil {
		return w.finished()
	}
	if err := w.file.Sync(); err != nil {
		return errors.Join(fmt.Errorf("cannot write blob %s to the disk: %w", w.name, err), w.Close())
	}
	v := w.volume
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.writing[w.name] != w {
		return errors.Join(fmt.Errorf("blob %s was removed while it was written", w.name), w.close())
	}
	delete(v.writing, w.name)
	part := w.name + unfinished
	if err := errors.Join(w.close(), v.folder.Rename(part, w.name)); err != nil {
		return fmt.Errorf("cannot finish blob %s: %w", w.name, err)
	}
	v.unsure = true
	return v.sure()
}

// Close keeps the part.
func (w *volumeWriter) Close() error {
	v := w.volume
	v.mu.Lock()
	defer v.mu.Unlock()
	if w.file == nil {
		return nil
	}
	if v.writing[w.name] == w {
		delete(v.writing, w.name)
	}
	return w.close()
}

func (w *volumeWriter) Abort() error {
	v := w.volume
	v.mu.Lock()
	defer v.mu.Unlock()
	if w.file == nil {
		return nil
	}
	err := w.close()
	if v.writing[w.name] != w {
		return err
	}
	delete(v.writing, w.name)
	return errors.Join(err, v.unlink(w.name+unfinished))
}

func (w *volumeWriter) close() error {
	err := w.file.Close()
	w.file = nil
	return err
}

func (w *volumeWriter) finished() error { return fmt.Errorf("blob %s is finished", w.name) }
