package web

import (
	"errors"
	"net/http"
	"strconv"

	"voute.dev/voute/server/document"
)

// extend lets a document live longer.
func (s *Site) extend(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	days, err := strconv.Atoi(r.value("days"))
	if err != nil {
		days = 0
	}
	d, err := s.Documents.Extend(r.Context(), r.actor(), r.PathValue("id"), days)
	if errors.Is(err, document.ErrDays) {
		text := r.say("extend.bad-days", s.Documents.Longest(d))
		return s.showDocument(r, d, http.StatusUnprocessableEntity, "", problem{Field: "days", Text: text})
	}
	if err != nil {
		return err
	}
	return r.redirectWith("/documents/"+d.ID, "document-extended")
}
