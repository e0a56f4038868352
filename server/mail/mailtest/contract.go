// Package mailtest is the contract that every implementation of mail.Mailer passes.
package mailtest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"voute.dev/voute/server/mail"
)

// Service is a mailer under test, with what a test does to it from outside.
type Service struct {
	mail.Mailer
	// Received are the messages that have arrived so far, decoded.
	Received func() []mail.Message
	// Interrupt makes it unavailable until Resume.
	Interrupt, Resume func()
}

const recipient = "marie.tremblay@example.test"

func message() mail.Message {
	return mail.Message{
		ID: "01jd2v7x4q.invite", To: recipient, ToName: "Marie Tremblay", Language: "fr",
		Subject: "Invitation", Text: "Bonjour,\n\nVotre code : 1234567\n",
	}
}

// Contract checks what callers rely on.
func Contract(t *testing.T, start func(t *testing.T) Service) {
	s := start(t)
	t.Run("a message arrives as it was sent", func(t *testing.T) { arrives(t, s) })
	t.Run("any words arrive as they were sent", func(t *testing.T) { arrivesWhatever(t, s) })
	t.Run("a message sent again keeps its ID", func(t *testing.T) {
		before := len(s.Received())
		for range 2 {
			if err := s.Send(t.Context(), message()); err != nil {
				t.Fatal(err)
			}
		}
		if got := s.Received()[before:]; len(got) != 2 || got[0] != got[1] {
			t.Errorf("a message sent again arrives as %v", got)
		}
	})
	t.Run("nothing from outside becomes a header", func(t *testing.T) { refuses(t, s) })
	t.Run("an interruption passes", func(t *testing.T) { recovers(t, s) })
	t.Run("a cancelled call sends nothing", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		before := len(s.Received())
		if err := s.Send(ctx, message()); !errors.Is(err, mail.ErrUnavailable) || !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v, not %v", err, context.Canceled)
		}
		if after := len(s.Received()); after != before {
			t.Errorf("%d messages have arrived", after-before)
		}
	})
}

func arrives(t *testing.T, s Service) {
	for name, change := range map[string]func(*mail.Message){
		"plain": func(*mail.Message) {},
		"accents": func(m *mail.Message) {
			m.Subject, m.ToName = "Votre dépôt a été reçu à l’accueil", "Zoé Lévêque-Côté"
		},
		"a long subject":   func(m *mail.Message) { m.Subject = strings.Repeat("Échéance prolongée, ", 30) + "fin" },
		"other scripts":    func(m *mail.Message) { m.Subject, m.ToName = "📄 ᐃᓄᒃᑎᑐᑦ", "李小龍" },
		"quotes in a name": func(m *mail.Message) { m.ToName = `"Tremblay", Marie <x@example.test>, \ (chef)` },
		"no name":          func(m *mail.Message) { m.ToName = "" },
		"English":          func(m *mail.Message) { m.Language = "en" },
		"lines with dots":  func(m *mail.Message) { m.Text = ".\n..\n.a\n\n.\n" },
		"long lines":       func(m *mail.Message) { m.Text = strings.Repeat("é=x ", 500) + "\n" + strings.Repeat("a", 2000) + "\n" },
		"spaces at an end": func(m *mail.Message) { m.Text = "Bonjour  \n\t\n fin \n" },
		"like a header":    func(m *mail.Message) { m.Text = "Bcc: x@example.test\n\nFrom here\n" },
	} {
		t.Run(name, func(t *testing.T) {
			m := message()
			change(&m)
			if err := s.Send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			if got := s.Received(); got[len(got)-1] != m {
				t.Errorf("sent    %q\narrived %q", m, got[len(got)-1])
			}
		})
	}
}

func arrivesWhatever(t *testing.T, s Service) {
	// Spaces at the ends and in runs may be folded in a header, and a backslash
	// cannot be in every name.
	words := rapid.StringMatching(`[^\pC\pZ\\]{1,12}( [^\pC\pZ\\]{1,12}){0,12}`)
	rapid.Check(t, func(r *rapid.T) {
		m := message()
		m.Subject, m.ToName = words.Draw(r, "subject"), words.Draw(r, "name")
		m.Text = strings.Join(rapid.SliceOf(words).Draw(r, "lines"), "\n") + "\n"
		if err := s.Send(t.Context(), m); err != nil {
			r.Fatal(err)
		}
		if got := s.Received(); got[len(got)-1] != m {
			r.Fatalf("sent    %q\narrived %q", m, got[len(got)-1])
		}
	})
}

func refuses(t *testing.T, s Service) {
	before := len(s.Received())
	const added = "\r\nBcc: thief@example.test"
	for name, change := range map[string]func(*mail.Message){
		"a header in the subject":   func(m *mail.Message) { m.Subject += added },
		"a line feed in the name":   func(m *mail.Message) { m.ToName += "\n x" },
		"a return in the subject":   func(m *mail.Message) { m.Subject += "\r x" },
		"a header in the address":   func(m *mail.Message) { m.To += added },
		"a header in the ID":        func(m *mail.Message) { m.ID += added },
		"an ID that ends early":     func(m *mail.Message) { m.ID += "@x> <y" },
		"a header in the language":  func(m *mail.Message) { m.Language += added },
		"another language":          func(m *mail.Message) { m.Language = "de" },
		"two recipients":            func(m *mail.Message) { m.To += ", thief@example.test" },
		"a name in the address":     func(m *mail.Message) { m.To = "Marie <" + m.To + ">" },
		"no recipient":              func(m *mail.Message) { m.To = "" },
		"no ID":                     func(m *mail.Message) { m.ID = "" },
		"no subject":                func(m *mail.Message) { m.Subject = "" },
		"no text":                   func(m *mail.Message) { m.Text = "" },
		"a subject that is no text": func(m *mail.Message) { m.Subject = "\xff" },
	} {
		m := message()
		change(&m)
		err := s.Send(t.Context(), m)
		if err == nil || errors.Is(err, mail.ErrUnavailable) {
			t.Errorf("%s: the error is %v", name, err)
			continue
		}
		if strings.Contains(err.Error(), "example.test") || strings.Contains(err.Error(), "1234567") {
			t.Errorf("%s: the error tells an address or the text: %v", name, err)
		}
	}
	if after := len(s.Received()); after != before {
		t.Errorf("%d messages have arrived", after-before)
	}
}

func recovers(t *testing.T, s Service) {
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("Check finds fault: %v", err)
	}
	s.Interrupt()
	if err := s.Check(t.Context()); !errors.Is(err, mail.ErrUnavailable) {
		t.Errorf("the error is %v, not %v", err, mail.ErrUnavailable)
	}
	if err := s.Send(t.Context(), message()); !errors.Is(err, mail.ErrUnavailable) {
		t.Errorf("the error is %v, not %v", err, mail.ErrUnavailable)
	}
	s.Resume()
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("Check finds fault after the interruption: %v", err)
	}
	if err := s.Send(t.Context(), message()); err != nil {
		t.Errorf("a message does not leave after the interruption: %v", err)
	}
}
