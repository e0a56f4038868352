package web

import (
	"errors"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"voute.dev/voute/server/account"
	"voute.dev/voute/server/language"
)

const longestPersonName = 100

type usersView struct {
	People []account.Account
	New    account.NewUser
}

// usersPage shows everybody, and a form for one more.
func (s *Site) usersPage(r *request) error {
	return s.showUsers(r, http.StatusOK, account.NewUser{Language: string(r.lang)})
}

func (s *Site) showUsers(r *request, status int, filled account.NewUser, problems ...problem) error {
	people, err := s.Accounts.Accounts.List(r.Context())
	if err != nil {
		return err
	}
	return r.render(page{
		Name: "users", Title: "users.title", Status: status, Self: "/users", Problems: problems,
		Data: usersView{People: people, New: filled},
	})
}

// addUser creates a user and invites them.
func (s *Site) addUser(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	u := account.NewUser{Name: r.value("name"), Email: r.value("email"), Language: r.value("language")}
	if problems := checkUser(r, u); len(problems) > 0 {
		return s.showUsers(r, http.StatusUnprocessableEntity, u, problems...)
	}
	_, err := s.Accounts.AddUser(r.Context(), r.actor(), u)
	if errors.Is(err, account.ErrAddressTaken) {
		return s.showUsers(r, http.StatusUnprocessableEntity, u, problem{Field: "email", Text: r.say("users.taken")})
	}
	if err != nil {
		return err
	}
	return r.redirectWith("/users", "invited")
}

func checkUser(r *request, u account.NewUser) (problems []problem) {
	if u.Name == "" || utf8.RuneCountInString(u.Name) > longestPersonName || strings.ContainsFunc(u.Name, unicode.IsControl) {
		problems = append(problems, problem{Field: "name", Text: r.say("users.bad-name", longestPersonName)})
	}
	if _, err := account.Normalize(u.Email); err != nil {
		problems = append(problems, problem{Field: "email", Text: r.say("users.bad-email")})
	}
	if !language.Known(u.Language) {
		problems = append(problems, problem{Field: "language", Text: r.say("users.bad-language")})
	}
	return problems
}

// disableUser ends a user's access at once.
func (s *Site) disableUser(r *request) error {
	if err := s.Accounts.Disable(r.Context(), r.actor(), r.PathValue("id")); err != nil {
		return err
	}
	return r.redirectWith("/users", "disabled")
}

// inviteUser mails a fresh invitation.
func (s *Site) inviteUser(r *request) error {
	if err := s.Accounts.InviteAgain(r.Context(), r.actor(), r.PathValue("id")); err != nil {
		return err
	}
	return r.redirectWith("/users", "invited")
}
