package mail

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"unicode/utf8"
)

// Validate refuses what could not be one message to one person: above all a
// line break where a header goes, by which text from outside could add
// recipients or headers. Its errors hold neither the address nor the text.
func (m Message) Validate() error {
	if m.ID == "" || strings.IndexFunc(m.ID, notInID) >= 0 {
		return errors.New("a message's ID has other characters than a-z, A-Z, 0-9, -, _ and the full stop")
	}
	address, err := mail.ParseAddress(m.To)
	if err != nil || address.Address != m.To || address.Name != "" {
		return fmt.Errorf("message %s has no single plain address to go to", m.ID)
	}
	if m.Language != "fr" && m.Language != "en" {
		return fmt.Errorf("message %s is in another language than fr and en", m.ID)
	}
	for name, value := range map[string]string{"subject": m.Subject, "name": m.ToName} {
		if strings.ContainsFunc(value, isControl) || !utf8.ValidString(value) {
			return fmt.Errorf("message %s has a control character or no UTF-8 in its %s", m.ID, name)
		}
	}
	if m.Subject == "" || m.Text == "" || !utf8.ValidString(m.Text) {
		return fmt.Errorf("message %s needs a subject and a text, both UTF-8", m.ID)
	}
	return nil
}

func notInID(r rune) bool {
	return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", r)
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' }
