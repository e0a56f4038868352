package web

import (
	"voute.dev/voute/server/account"
	"voute.dev/voute/server/language"
)

// accountPage shows what is known of the person.
func (s *Site) accountPage(r *request) error {
	return r.render(page{Name: "account", Title: "account.title", Data: accountView{r.account}})
}

type accountView struct{ account.Account }

// account changes the person's language.
func (s *Site) account(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	chosen := r.value("language")
	if !language.Known(chosen) {
		return errForm
	}
	if err := s.Accounts.SetLanguage(r.Context(), r.actor(), r.account.ID, chosen); err != nil {
		return err
	}
	return r.redirectWith("/account", "saved")
}
