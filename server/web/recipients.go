package web

import (
	"errors"
	"net/http"
	"strings"

	"voute.dev/voute/server/document"
)

// addRecipients lets more people read a share.
func (s *Site) addRecipients(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	found, err := s.mine(r)
	if err != nil {
		return err
	}
	emails, readers, problems, err := s.named(r)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return s.showShare(r, found, http.StatusUnprocessableEntity, shareView{Emails: strings.Join(emails, "\n")}, problems...)
	}
	if err := s.Shares.AddRecipients(r.Context(), r.actor(), found.ID, readers); err != nil {
		return err
	}
	return r.redirectWith("/shares/"+found.ID, "shared")
}

// removeRecipient ends somebody's reading.
func (s *Site) removeRecipient(r *request) error {
	id := r.PathValue("id")
	if err := s.Shares.RemoveRecipient(r.Context(), r.actor(), id, r.PathValue("account")); err != nil {
		return err
	}
	return r.redirectWith("/shares/"+id, "withdrawn")
}

// named are the people whose addresses a form gives: somebody, and nobody unknown.
func (s *Site) named(r *request) (emails, readers []string, problems []problem, err error) {
	emails = lines(r.PostForm["email"])
	readers, problems, err = s.checkRecipients(r, emails, "email", nil)
	if len(readers) == 0 && len(problems) == 0 {
		problems = append(problems, problem{Field: "email", Text: r.say("share.nobody")})
	}
	return emails, readers, problems, err
}

// checkRecipients finds the people, or says which addresses are nobody's.
func (s *Site) checkRecipients(r *request, emails []string, field string, problems []problem) ([]string, []problem, error) {
	ids, err := s.Documents.Recipients(r.Context(), r.account.ID, emails)
	var unknown *document.UnknownError
	if errors.As(err, &unknown) {
		text := r.say("share.unknown", strings.Join(unknown.Emails, ", "))
		return nil, append(problems, problem{Field: field, Text: text}), nil
	}
	return ids, problems, err
}
