package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"voute.dev/voute/server/account"
)

// patience is how long a sign-in waits for its turn to hash.
const patience = 10 * time.Second

// signIn takes the first factor.
func (s *Site) signIn(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	view := signInView{Email: r.value("email"), Next: r.value("next")}
	if !nextAllowed(view.Next) {
		view.Next = ""
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	token, err := s.Sessions.SignIn(ctx, r.actor(), view.Email, r.PostForm.Get("password"), view.Next)
	if errors.Is(err, account.ErrRefused) {
		return r.render(page{
			Name: "sign-in", Title: "sign-in.title", Status: http.StatusUnprocessableEntity, Self: "/", Data: view,
			Problems: []problem{{Field: "email", Text: r.say("sign-in.refused")}},
		})
	}
	if err != nil {
		return err
	}
	if r.token != "" { // its cookie is about to be replaced
		if err := s.Sessions.End(r.Context(), r.actor(), r.token); err != nil {
			return err
		}
	}
	r.setCookie(token)
	return r.redirect("/sign-in/code")
}

// signOut is the Quit button.
func (s *Site) signOut(r *request) error {
	if r.token != "" {
		if err := s.Sessions.End(r.Context(), r.actor(), r.token); err != nil {
			return err
		}
	}
	r.clearCookie()
	r.w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	r.stage = ""
	return r.redirectWith("/", "signed-out")
}
