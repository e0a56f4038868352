package web

import (
	"errors"
	"net/http"

	"voute.dev/voute/server/document"
)

// extend lets a document live longer.
func (s *Site) extend(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	d, err := s.Documents.Extend(r.Context(), r.actor(), r.PathValue("id"), number(r.value("days")))
	if errors.Is(err, document.ErrDays) {
		text := r.say("extend.bad-days", s.Documents.Longest(d))
		return s.showDocument(r, d, http.StatusUnprocessableEntity, "", problem{Field: "days", Text: text})
	}
	if err != nil {
		return err
	}
	return r.redirectWith("/documents/"+d.ID, "document-extended")
}
