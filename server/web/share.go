package web

import (
	"net/http"
	"strings"
)

// share lets more people read a document.
func (s *Site) share(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	d, err := s.Documents.Find(r.Context(), r.account.ID, r.PathValue("id"))
	if err != nil {
		return err
	}
	if d.Owner != r.account.ID {
		return errNotFound
	}
	emails, readers, problems, err := s.named(r)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return s.showDocument(r, d, http.StatusUnprocessableEntity, strings.Join(emails, "\n"), problems...)
	}
	if err := s.Shares.ShareDocument(r.Context(), r.actor(), d.ID, readers); err != nil {
		return err
	}
	return r.redirectWith("/documents/"+d.ID, "shared")
}
