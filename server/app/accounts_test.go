package app

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"voute.dev/voute/server/account"
	"voute.dev/voute/server/config"
	"voute.dev/voute/server/mail"
)

func TestInvitationWorksOnceForSevenDays(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	link := w.lastMail(pilotEmail, invitationLink)
	w.clock.forward(7*24*time.Hour - time.Second)
	b.get(link).expect(t, http.StatusOK, "")
	b.get(link).expect(t, http.StatusOK, "") // looking does not use it up
	b.activate(pilotEmail)
	b.get(link).expect(t, http.StatusNotFound, "a déjà servi")
	b.post(link, url.Values{"password": {"un autre mot de passe"}, "password2": {"un autre mot de passe"}, "terms": {"yes"}}).
		expect(t, http.StatusNotFound, "")

	late := newWorld(t)
	link = late.lastMail(pilotEmail, invitationLink)
	late.clock.forward(7 * 24 * time.Hour)
	late.browser().get(link).expect(t, http.StatusNotFound, "")
}

func TestPasswordRules(t *testing.T) {
	w := newWorld(t)
	link := w.lastMail(pilotEmail, invitationLink)
	for _, c := range []struct{ password, again, terms, want string }{
		{"onze lettre", "onze lettre", "yes", "trop court"},
		{"motdepasse1234", "motdepasse1234", "yes", "trop facile"},
		{"marie.tremblay1", "marie.tremblay1", "yes", "fait de votre nom"},
		{goodPassword, "autre chose encore", "yes", "ne sont pas identiques"},
		{goodPassword, goodPassword, "", "acceptez les conditions"},
	} {
		w.browser().post(link, url.Values{"password": {c.password}, "password2": {c.again}, "terms": {c.terms}}).
			expect(t, http.StatusUnprocessableEntity, c.want)
	}
	w.browser().post(link, url.Values{"password": {goodPassword}, "password2": {goodPassword}, "terms": {"yes"}}).
		expect(t, http.StatusOK, "Votre mot de passe est enregistré")
}

func (w *world) account(email string) account.Account {
	w.t.Helper()
	a, err := w.app.accounts.Accounts.ByEmail(w.t.Context(), email)
	w.must(err)
	return a
}

func TestPilotWhoLeavesTheConfigurationIsOutAtOnce(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	w.reconfigure(func(c *config.Config) { c.Pilots = nil })
	pilot.get("/users").expect(t, http.StatusOK, `data-page="sign-in"`)
	pilot.post("/sign-in", url.Values{"email": {pilotEmail}, "password": {goodPassword}}).expect(t, http.StatusUnprocessableEntity, "")

	w.reconfigure(func(c *config.Config) {
		c.Pilots = []config.Pilot{{ID: "marie-tremblay", Email: pilotEmail, Name: "Marie Tremblay", Language: "fr"}}
	})
	pilot.signIn(pilotEmail) // the old account, the old password
}

// TestPilotUnderAnotherNameIsInvitedAnew: the platform's way out for a pilot
// who has forgotten the password. The account and its documents stay.
func TestPilotUnderAnotherNameIsInvitedAnew(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	path, before := pilot.deliver(noise(10)), w.account(pilotEmail)
	w.reconfigure(func(c *config.Config) { c.Pilots[0].ID = "mtremblay" })
	after := w.account(pilotEmail)
	if after.ID != before.ID || after.PilotID != "mtremblay" || after.State != account.Invited {
		t.Errorf("the account is %s of pilot %s, %s", after.ID, after.PilotID, after.State)
	}
	pilot.post("/sign-in", url.Values{"email": {pilotEmail}, "password": {goodPassword}}).expect(t, http.StatusUnprocessableEntity, "")
	pilot.activate(pilotEmail)
	pilot.signIn(pilotEmail)
	pilot.get(path).expect(t, http.StatusOK, "")
}

func TestPilotsExchangeAddresses(t *testing.T) {
	w := newWorld(t, func(c *config.Config) {
		c.Pilots = append(c.Pilots, config.Pilot{ID: "jean-roy", Email: "jean.roy@justice.test", Name: "Jean Roy", Language: "fr"})
	})
	marie, jean := w.account(pilotEmail), w.account("jean.roy@justice.test")
	w.reconfigure(func(c *config.Config) { c.Pilots[0].Email, c.Pilots[1].Email = c.Pilots[1].Email, c.Pilots[0].Email })
	if w.account(pilotEmail).ID != jean.ID || w.account("jean.roy@justice.test").ID != marie.ID {
		t.Error("the addresses were not exchanged")
	}
}

func TestPilotWithAnotherAddressIsInvitedThere(t *testing.T) {
	w := newWorld(t)
	old := w.lastMail(pilotEmail, invitationLink)
	w.reconfigure(func(c *config.Config) { c.Pilots[0].Email = "m.t@justice.test" })
	w.browser().get(old).expect(t, http.StatusNotFound, "")
	w.browser().activate("m.t@justice.test")
	w.browser().signIn("m.t@justice.test")
}

// TestLinkToAnOldAddress: a new password asked for before the address changed.
func TestLinkToAnOldAddress(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	pilot.post("/users/"+w.account(pilotEmail).ID+"/invite", nil).expect(t, http.StatusOK, "")
	link := w.lastMail(pilotEmail, invitationLink)
	pilot.get(link).expect(t, http.StatusOK, "")
	w.reconfigure(func(c *config.Config) { c.Pilots[0].Email = "m.t@justice.test" })
	w.browser().get(link).expect(t, http.StatusNotFound, "")
	w.browser().signIn("m.t@justice.test") // the password stays
}

// TestPilotCannotTakeAUsersAddress holds one mistake in the configuration
// apart from the rest of it.
func TestPilotCannotTakeAUsersAddress(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	_, robertEmail := w.user(pilot, "Robert")
	w.reconfigure(func(c *config.Config) {
		c.Pilots[0].Email = robertEmail
		c.Pilots = append(c.Pilots, config.Pilot{ID: "jean-roy", Email: "jean.roy@justice.test", Name: "Jean Roy", Language: "fr"})
	})
	if a := w.account(pilotEmail); a.PilotID != "marie-tremblay" {
		t.Errorf("the pilot's address belongs to %+v", a)
	}
	w.browser().activate("jean.roy@justice.test")
}

func TestUserBecomesPilot(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	robert, robertEmail := w.user(pilot, "Robert")
	robert.get("/users").expect(t, http.StatusForbidden, "Access denied")
	w.reconfigure(func(c *config.Config) {
		c.Pilots = append(c.Pilots, config.Pilot{ID: "robert", Email: robertEmail, Name: "Robert", Language: "fr"})
	})
	robert.get("/users").expect(t, http.StatusOK, "")
}

func TestDisabledUserIsOutAtOnce(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	robert, robertEmail := w.user(pilot, "Robert")
	id := w.account(robertEmail).ID
	pilot.post("/users/"+id+"/disable", nil).expect(t, http.StatusOK, "Le compte est désactivé")
	robert.get("/account").expect(t, http.StatusOK, `data-page="sign-in"`)
	robert.post("/sign-in", url.Values{"email": {robertEmail}, "password": {goodPassword}}).expect(t, http.StatusUnprocessableEntity, "")
	pilot.upload("a.bin", noise(10), url.Values{"recipients": {robertEmail}}).expect(t, http.StatusUnprocessableEntity, robertEmail)

	pilot.post("/users/"+id+"/invite", nil).expect(t, http.StatusOK, "")
	robert.post("/sign-in", url.Values{"email": {robertEmail}, "password": {goodPassword}}).expect(t, http.StatusUnprocessableEntity, "")
	robert.activate(robertEmail)
	robert.signIn(robertEmail)

	pilot.post("/users/"+w.account(pilotEmail).ID+"/disable", nil).expect(t, http.StatusForbidden, "gérés par la plateforme")
}

func TestInvitationAgainMakesTheOldOneUseless(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	pilot.post("/users", url.Values{"name": {"Zoé"}, "email": {"zoe@justice.test"}, "language": {"fr"}}).expect(t, http.StatusOK, "")
	old := w.lastMail("zoe@justice.test", invitationLink)
	pilot.post("/users/"+w.account("zoe@justice.test").ID+"/invite", nil).expect(t, http.StatusOK, "")
	w.browser().get(old).expect(t, http.StatusNotFound, "")
	w.browser().activate("zoe@justice.test")
}

func TestUsersForm(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	for _, c := range []struct{ name, email, language, want string }{
		{"", "a@b.test", "fr", "Indiquez un nom"},
		{"A", "a@", "fr", "adresse courriel complète"},
		{"A", "a@b.test", "de", "français ou"},
		{"A", strings.ToUpper(pilotEmail), "fr", "existe déjà"},
	} {
		pilot.post("/users", url.Values{"name": {c.name}, "email": {c.email}, "language": {c.language}}).
			expect(t, http.StatusUnprocessableEntity, c.want)
	}
}

// TestMailAway keeps an invitation until the relay is back, and says so.
func TestMailAway(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	w.mailer.Fail(mail.ErrUnavailable)
	pilot.post("/users", url.Values{"name": {"Zoé"}, "email": {"zoe@justice.test"}, "language": {"fr"}}).expect(t, http.StatusOK, "")
	w.settle()
	pilot.get("/users").expect(t, http.StatusOK, "Invitation en cours d’envoi")
	if state := w.account("zoe@justice.test").State; state != account.Pending {
		t.Errorf("the account is %s", state)
	}
	w.mailer.Fail(nil)
	w.settle()
	if state := w.account("zoe@justice.test").State; state != account.Pending {
		t.Errorf("it was tried again at once: the account is %s", state)
	}
	w.clock.forward(5 * time.Second)
	w.settle()
	if state := w.account("zoe@justice.test").State; state != account.Invited {
		t.Errorf("the account is %s", state)
	}
}

func TestLanguageIsThePersonsChoice(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.header.Set("Accept-Language", "en-CA,en;q=0.9,fr;q=0.8")
	b.get("/").expect(t, http.StatusOK, `<html lang="en">`)
	b.get("/?lang=fr").expect(t, http.StatusOK, `action="/sign-in?lang=fr"`)
	b.activate(pilotEmail)
	b.signIn(pilotEmail)
	b.get("/").expect(t, http.StatusOK, `<html lang="fr">`)
	b.post("/account", url.Values{"language": {"en"}}).expect(t, http.StatusOK, `<html lang="en">`)
	b.get("/?lang=fr").expect(t, http.StatusOK, `<html lang="fr">`)
	w.reconfigure(func(c *config.Config) { c.Pilots[0].Name = "Marie T." })
	b.get("/").expect(t, http.StatusOK, "Hello Marie T.")
}
