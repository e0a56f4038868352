package web

import (
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
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
	h := r.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", disposition(d.Name))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	h.Set("Cache-Control", "private, no-store")
	h.Set("ETag", fmt.Sprintf("%q", d.SHA256))
	http.ServeContent(r.w, r.Request, "", d.Created, content)
	return nil
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
