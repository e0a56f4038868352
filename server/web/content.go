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
	if err := s.downloads.enter(); err != nil {
		return err
	}
	defer s.downloads.leave()
	d, content, err := s.Documents.Open(r.Context(), r.actor(), r.PathValue("id"), r.Header.Get("Range"))
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	given := &watched{Content: content, r: r, document: d, checked: s.Now()}
	h := r.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", filename.Disposition(d.Name))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	h.Set("Cache-Control", "private, no-store")
	h.Set("ETag", fmt.Sprintf("%q", d.SHA256))
	http.ServeContent(r.w, r.Request, "", d.Created, given)
	return given.err
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
	if w.err == nil {
		w.err = w.check(w.r.site.Now())
	}
	if w.err != nil {
		return 0, w.err
	}
	n, err := w.Content.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
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
