package web

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"voute.dev/voute/server/document"
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
	h.Set("Content-Disposition", disposition(d.Name))
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

// disposition names a file as RFC 6266 says: in plain ASCII for old programs,
// and in full for all others.
func disposition(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\%`, r) {
			return '_'
		}
		return r
	}, name)
	header := mime.FormatMediaType("attachment", map[string]string{"filename": plain})
	if plain == name {
		return header
	}
	return header + "; filename*=UTF-8''" + strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
}
