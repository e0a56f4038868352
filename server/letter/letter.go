// Package letter writes the messages that people get, in French or English.
// They say as little as a mail relay may know: no name of a document, nothing
// of its contents. The first line of a text is its subject.
package letter

import (
	"bytes"
	"embed"
	"fmt"
	"strings"
	"text/template"
	"time"

	"voute.dev/voute/server/account"
	"voute.dev/voute/server/config"
	"voute.dev/voute/server/language"
	"voute.dev/voute/server/outbox"
	"voute.dev/voute/server/secret"
)

//go:embed texts
var texts embed.FS

var parsed = template.Must(template.ParseFS(texts, "texts/*.txt"))

// Writer writes letters for the organisation of the configuration in force.
type Writer struct {
	Config func() *config.Config
}

// content is what a text may mention.
type content struct {
	Name         string
	Organization string
	Support      string
	Fraud        string
	Address      string
	Link         string
	Code         string
	Until        string
	Sender       string
	Reader       string
	Several      bool // documents
	Percent      int
	Taken, Quota string
	Change       change
	Before       *change // what the change replaces
}

// change is what is to come, and when.
type change struct{ Kind, Version, Period string }

// Invitation carries the link behind which a person chooses a password: the
// first one, or a new one.
func (w Writer) Invitation(a account.Account, token string, until time.Time) (outbox.Letter, error) {
	text := "invitation"
	if a.State == account.Active {
		text = "password"
	}
	return w.write(outbox.Invitation, text, a, until, content{Link: "/invitation/" + token})
}

// Code carries the seven digits of a sign-in.
func (w Writer) Code(a account.Account, code string, until time.Time) (outbox.Letter, error) {
	return w.write(outbox.Code, "code", a, until, content{Code: code})
}

// Shared tells a person that somebody has shared one document or several.
func (w Writer) Shared(a account.Account, sender, link string, documents int, until time.Time) (outbox.Letter, error) {
	return w.write(outbox.Shared, "shared", a, until, content{Sender: sender, Link: link, Several: documents > 1})
}

// Reminder tells a recipient that the end is near of what was not downloaded.
func (w Writer) Reminder(a account.Account, sender, link string, until time.Time) (outbox.Letter, error) {
	return w.write(outbox.Reminder, "reminder", a, until, content{Sender: sender, Link: link})
}

// Downloaded tells a sender that somebody downloads what was shared.
func (w Writer) Downloaded(a account.Account, reader, share string, until time.Time) (outbox.Letter, error) {
	return w.write(outbox.Downloaded, "downloaded", a, until, content{Reader: reader, Link: "/shares/" + share})
}

// Refused tells a sender that a document did not become available.
func (w Writer) Refused(a account.Account, document string, until time.Time) (outbox.Letter, error) {
	return w.write(outbox.Refused, "refused", a, until, content{Link: "/documents/" + document})
}

// Notice tells a pilot of a change to come; before is what it replaces, or nil.
func (w Writer) Notice(a account.Account, n config.Notice, before *config.Notice) (outbox.Letter, error) {
	about := content{Change: w.change(a, n)}
	if before != nil {
		about.Before = new(w.change(a, *before))
	}
	return w.write(outbox.Notice, "notice", a, n.EndsAt, about)
}

// Withdrawn tells a pilot that a change does not take place.
func (w Writer) Withdrawn(a account.Account, n config.Notice) (outbox.Letter, error) {
	return w.write(outbox.Withdrawn, "withdrawn", a, n.EndsAt, content{Change: w.change(a, n)})
}

// Room tells a pilot that the vault gets full.
func (w Writer) Room(a account.Account, taken, quota int64, percent int, until time.Time) (outbox.Letter, error) {
	lang := language.Of(a.Language)
	return w.write(outbox.Room, "room", a, until, content{Percent: percent, Taken: lang.Size(taken), Quota: lang.Size(quota)})
}

func (w Writer) change(a account.Account, n config.Notice) change {
	zone := w.Config().Location()
	return change{Kind: n.Kind, Version: n.Version, Period: language.Of(a.Language).Period(n.StartsAt.In(zone), n.EndsAt.In(zone))}
}

func (w Writer) write(kind outbox.Kind, text string, a account.Account, until time.Time, about content) (outbox.Letter, error) {
	c, lang := w.Config(), language.Of(a.Language)
	about.Name, about.Support, about.Fraud = a.Name, c.Organization.SupportEmail, c.Organization.FraudContact
	about.Organization = lang.Pick(c.Organization.NameFr, c.Organization.NameEn)
	about.Address, about.Link = c.Address, c.Address+about.Link
	about.Until = lang.Moment(until.In(c.Location()))
	var written bytes.Buffer
	if err := parsed.ExecuteTemplate(&written, fmt.Sprintf("%s.%s.txt", text, lang), about); err != nil {
		return outbox.Letter{}, fmt.Errorf("cannot write a letter of kind %s: %w", kind, err)
	}
	subject, body, _ := strings.Cut(written.String(), "\n")
	return outbox.Letter{
		ID: secret.ID(), Kind: kind, Account: a.ID, To: a.Email, ToName: a.Name, Language: string(lang),
		Subject: subject, Text: strings.TrimLeft(body, "\n"), NotAfter: until,
	}, nil
}
