package web

import (
	"context"
	"errors"
	"net/http"

	"voute.dev/voute/server/account"
	"voute.dev/voute/server/language"
	"voute.dev/voute/server/password"
)

type invitationView struct {
	Name, Email string
	MinLength   int64
	Terms       bool
}

// invitationPage lets an invited person choose a password. Looking at it does
// not use the invitation up: mail programs look, too.
func (s *Site) invitationPage(r *request) error {
	a, err := s.invitee(r)
	if err != nil {
		return err
	}
	return s.askPassword(r, a, http.StatusOK)
}

func (s *Site) invitee(r *request) (account.Account, error) {
	a, err := s.Accounts.Invitee(r.Context(), r.PathValue("token"))
	if err == nil && !r.signedIn() && !language.Known(r.URL.Query().Get("lang")) {
		r.lang = language.Of(a.Language)
	}
	return a, err
}

func (s *Site) askPassword(r *request, a account.Account, status int, problems ...problem) error {
	view := invitationView{Name: a.Name, Email: a.Email, MinLength: password.MinLength, Terms: r.PostForm.Get("terms") == "yes"}
	return r.render(page{Name: "invitation", Title: "invitation.title", Status: status, Problems: problems, Data: view})
}

// invitation sets the password.
func (s *Site) invitation(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	a, err := s.invitee(r)
	if err != nil {
		return err
	}
	chosen := r.PostForm.Get("password")
	var problems []problem
	if chosen != r.PostForm.Get("password2") {
		problems = append(problems, problem{Field: "password2", Text: r.say("invitation.differ")})
	}
	if r.PostForm.Get("terms") != "yes" {
		problems = append(problems, problem{Field: "terms", Text: r.say("invitation.terms-missing")})
	}
	if len(problems) > 0 {
		return s.askPassword(r, a, http.StatusUnprocessableEntity, problems...)
	}
	return s.accept(r, a, chosen)
}

func (s *Site) accept(r *request, a account.Account, chosen string) error {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	words := []string{"voute", "voûte", "partage", r.config.Organization.NameFr, r.config.Organization.NameEn, r.Host}
	err := s.Accounts.Accept(ctx, r.actor(), r.PathValue("token"), chosen, words...)
	var weak *account.WeakError
	if errors.As(err, &weak) {
		text := r.say("invitation." + string(weak.Weakness))
		return s.askPassword(r, a, http.StatusUnprocessableEntity, problem{Field: "password", Text: text})
	}
	if err != nil {
		return err
	}
	return r.redirectWith("/", "password-set")
}
