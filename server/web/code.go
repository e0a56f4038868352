package web

import (
	"errors"
	"net/http"
	"strings"
	"unicode"

	"voute.dev/voute/server/session"
)

type codeView struct {
	Email   string
	Minutes int64
}

// codePage asks for the second factor.
func (s *Site) codePage(r *request) error { return s.askCode(r, http.StatusOK) }

func (s *Site) askCode(r *request, status int, problems ...problem) error {
	view := codeView{Email: r.account.Email, Minutes: int64(session.CodeValidity.Minutes())}
	return r.render(page{Name: "code", Title: "code.title", Status: status, Self: "/sign-in/code", Problems: problems, Data: view})
}

// code takes the second factor.
func (s *Site) code(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	token, next, err := s.Sessions.Confirm(r.Context(), r.actor(), r.token, digits(r.PostForm.Get("code")))
	switch {
	case errors.Is(err, session.ErrCode):
		return s.askCode(r, http.StatusUnprocessableEntity, problem{Field: "code", Text: r.say("code.wrong")})
	case errors.Is(err, session.ErrSpent):
		return s.askCode(r, http.StatusUnprocessableEntity, problem{Field: "code", Text: r.say("code.spent")})
	case err != nil:
		return err
	}
	r.setCookie(token)
	if next == "" {
		next = "/"
	}
	return r.redirect(next)
}

// codeAgain mails another code.
func (s *Site) codeAgain(r *request) error {
	if err := s.Sessions.SendCode(r.Context(), r.actor(), r.token); err != nil {
		return err
	}
	return r.redirectWith("/sign-in/code", "code-sent")
}

// digits leaves out what people put between the digits of a code.
func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '-' {
			return -1
		}
		return r
	}, text)
}
