package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"voute.dev/voute/server/document"
	"voute.dev/voute/server/filename"
)

// content gives the bytes of a document: always as a file to keep, never as
// something a browser would show in this site's name.
func (s *Site) content(r *request) error {
	d, err := s.Documents.Find(r.Context(), r.account.ID, r.PathValue("id"))
	if err != nil {
		return err
	}
	if !d.Readable(s.Now()) {
		return document.ErrNotReady
	}
	etag := fmt.Sprintf("%q", d.SHA256)
	want := wantedOf(r.Request, etag, d.Size)
	if want.tooMany {
		r.w.Header().Set("Content-Range", fmt.Sprintf("bytes */%d", d.Size))
		return errRanges
	}
	if want.nothing {
		s.offer(r, d.Name, "application/octet-stream")
		r.w.Header().Set("ETag", etag)
		http.ServeContent(r.w, r.Request, "", time.Time{}, &unopened{size: d.Size})
		return nil
	}
	return s.give(r, d, want.part, etag)
}

// give opens a document and writes what was asked for of it.
func (s *Site) give(r *request, d document.Document, part document.Part, etag string) error {
	if err := s.downloads.enter(); err != nil {
		return err
	}
	defer s.downloads.leave()
	d, content, err := s.Documents.Open(r.Context(), r.actor(), d.ID, part)
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	given := &watched{Content: content, r: r, document: d, checked: s.Now()}
	s.offer(r, d.Name, "application/octet-stream")
	r.w.Header().Set("ETag", etag)
	http.ServeContent(r.w, r.Request, "", time.Time{}, given)
	return given.err
}

// offer sets the headers of what is given out to be kept.
func (s *Site) offer(r *request, name, kind string) {
	h := r.w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", filename.Disposition(name))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	h.Set("Cache-Control", "private, no-store")
}

// unopened is a document of which nothing but its size is told.
type unopened struct{ size, offset int64 }

func (*unopened) Read([]byte) (int, error) {
	return 0, errors.New("nothing of this document was to be read")
}

func (u *unopened) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += u.offset
	case io.SeekEnd:
		offset += u.size
	}
	u.offset = offset
	return offset, nil
}

// watched is a document while it is given out. It ends half-way when its time
// is past, and within a minute when it is deleted or its reader may read no
// more: a download can take hours.
type watched struct {
	*document.Content
	r        *request
	document document.Document
	checked  time.Time
	err      error // why it ended before its end
}

func (w *watched) Read(p []byte) (int, error) {
	if err := w.allowed(); err != nil {
		return 0, err
	}
	n, err := w.Content.Read(p)
	return n, w.noted(err)
}

// Next is what the answer is written from, where it lies.
func (w *watched) Next(most int64) ([]byte, error) {
	if err := w.allowed(); err != nil {
		return nil, err
	}
	given, err := w.Content.Next(most)
	return given, w.noted(err)
}

func (w *watched) noted(err error) error {
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return err
}

func (w *watched) allowed() error {
	if w.err == nil {
		w.err = w.check(w.r.site.Now())
	}
	return w.err
}

func (w *watched) check(now time.Time) error {
	if !w.document.Readable(now) {
		return document.ErrOver
	}
	if now.Sub(w.checked) < watchEvery {
		return nil
	}
	w.checked = now
	if err := w.r.watch(w.r.Context()); err != nil {
		return err
	}
	_, err := w.r.site.Documents.Find(w.r.Context(), w.r.account.ID, w.document.ID)
	return err
}
