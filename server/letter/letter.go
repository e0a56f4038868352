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
}

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

// Shared tells a person that somebody has shared a document.
func (w Writer) Shared(a account.Account, sender, document string, until time.Time) (outbox.Letter, error) {
	return w.write(outbox.Shared, "shared", a, until, content{Sender: sender, Link: "/documents/" + document})
}

// Refused tells a sender that a document did not become available.
func (w Writer) Refused(a account.Account, document string, until time.Time) (outbox.Letter, error) {
	return w.write(outbox.Refused, "refused", a, until, content{Link: "/documents/" + document})
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
