package smtp_test

import (
	"errors"
	"net"
	stdmail "net/mail"
	"strings"
	"testing"
	"time"

	"voute.dev/voute/server/config"
	"voute.dev/voute/server/mail"
	"voute.dev/voute/server/mail/mailtest"
	"voute.dev/voute/server/mail/smtp"
	"voute.dev/voute/test/mailserver"
)

var now = time.Date(2026, 12, 3, 9, 30, 0, 0, time.FixedZone("", -5*3600))

func client(t *testing.T, server *mailserver.Server) *smtp.Client {
	t.Helper()
	return clientOf(t, server, server.Config())
}

func clientOf(t *testing.T, server *mailserver.Server, settings config.Mail) *smtp.Client {
	t.Helper()
	c, err := smtp.New(smtp.Config{Mail: settings, RootCAs: server.CAs, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func message() mail.Message {
	return mail.Message{
		ID: "01jd2v7x4q.code", To: "marie@example.test", ToName: "Marie", Language: "fr",
		Subject: "Code à usage unique", Text: "1234567\n",
	}
}

func TestContract(t *testing.T) {
	for _, options := range []mailserver.Options{{Security: "starttls"}, {Security: "tls"}, {Security: "none", Open: true}} {
		t.Run(options.Security, func(t *testing.T) {
			mailtest.Contract(t, func(t *testing.T) mailtest.Service {
				server := mailserver.Start(t, options)
				return mailtest.Service{
					Mailer: client(t, server), Received: func() []mail.Message { return decode(server) },
					Interrupt: server.Stop, Resume: func() { server.Resume(t) },
				}
			})
		})
	}
}

// decode gives what arrived as what was sent; a header that cannot be read is
// nobody's name.
func decode(server *mailserver.Server) []mail.Message {
	var messages []mail.Message
	for _, r := range server.Received() {
		name := "unreadable: " + r.Header.Get("To")
		if to, err := stdmail.ParseAddress(r.Header.Get("To")); err == nil && to.Address == r.To {
			name = to.Name
		}
		id := strings.TrimSuffix(strings.TrimPrefix(r.Header.Get("Message-ID"), "<"), "@example.test>")
		messages = append(messages, mail.Message{
			ID: id, To: r.To, ToName: name, Language: r.Header.Get("Content-Language"), Subject: r.Subject, Text: r.Text,
		})
	}
	return messages
}

// A backslash among letters with accents is the one thing that does not arrive
// as it was sent; the message does.
func TestABackslashInAName(t *testing.T) {
	server := mailserver.Start(t, mailserver.Options{})
	m := message()
	m.ToName = `Zoé\Lévêque`
	if err := client(t, server).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if got := decode(server)[0].ToName; got != "Zoé/Lévêque" {
		t.Errorf("the name arrives as %q", got)
	}
}

func TestHeaders(t *testing.T) {
	server := mailserver.Start(t, mailserver.Options{})
	if err := client(t, server).Send(t.Context(), message()); err != nil {
		t.Fatal(err)
	}
	received := server.AwaitTo(t, "marie@example.test", 0)
	if !received.TLS || received.From != "voute@example.test" {
		t.Errorf("the message came from %s, encrypted: %t", received.From, received.TLS)
	}
	for name, want := range map[string]string{
		"Date": "Thu, 03 Dec 2026 09:30:00 -0500", "Message-Id": "<01jd2v7x4q.code@example.test>",
		"From": "=?utf-8?q?Vo=C3=BBte?= <voute@example.test>", "Content-Language": "fr",
		"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All", "Mime-Version": "1.0",
		"Content-Type": "text/plain; charset=UTF-8", "User-Agent": "", "X-Mailer": "", "Bcc": "", "Cc": "",
	} {
		if got := received.Header.Get(name); got != want {
			t.Errorf("%s is %q, not %q", name, got, want)
		}
	}
	if strings.Contains(received.Raw, "go-mail") {
		t.Errorf("the message tells what wrote it:\n%s", received.Raw)
	}
}

func TestRefusals(t *testing.T) {
	server := mailserver.Start(t, mailserver.Options{})
	c := client(t, server)
	for _, r := range []struct {
		stage mailserver.Stage
		code  int
		final bool
	}{
		{mailserver.StageRcpt, 550, true},
		{mailserver.StageData, 554, true},
		{mailserver.StageRcpt, 450, false},
		{mailserver.StageData, 451, false},
		{mailserver.StageMail, 421, false},
		{mailserver.StageMail, 550, false}, // it refuses the sender: not this message's fault
	} {
		server.Refuse(r.stage, r.code)
		err := c.Send(t.Context(), message())
		if err == nil || errors.Is(err, mail.ErrUnavailable) == r.final {
			t.Errorf("%s %d: the error is %v", r.stage, r.code, err)
		}
		if err != nil && strings.Contains(err.Error(), "marie") {
			t.Errorf("%s %d: the error tells the address: %v", r.stage, r.code, err)
		}
		server.Refuse(r.stage, 0)
	}
	if received := server.Received(); len(received) > 0 {
		t.Errorf("%d refused messages have arrived", len(received))
	}
}

func TestCredentialsAreReadAgain(t *testing.T) {
	server := mailserver.Start(t, mailserver.Options{})
	c := client(t, server)
	server.SetCredentials(t, mailserver.Username, "wrong secret")
	for _, err := range []error{c.Check(t.Context()), c.Send(t.Context(), message())} {
		if !errors.Is(err, mail.ErrUnavailable) || strings.Contains(err.Error(), "wrong secret") {
			t.Errorf("the error is %v, not %v", err, mail.ErrUnavailable)
		}
	}
	server.SetCredentials(t, mailserver.Username, mailserver.Password)
	if err := c.Send(t.Context(), message()); err != nil {
		t.Error(err)
	}
}

// A relay that offers no encryption, or shows another's certificate, learns
// neither credentials nor message.
func TestNothingIsSentInClear(t *testing.T) {
	plain := mailserver.Start(t, mailserver.Options{Security: "none", Open: true})
	settings := mailserver.Start(t, mailserver.Options{}).Config()
	settings.Port = plain.Port
	stranger := mailserver.Start(t, mailserver.Options{})
	other := mailserver.Start(t, mailserver.Options{})
	for name, c := range map[string]*smtp.Client{
		"no STARTTLS":           clientOf(t, plain, settings),
		"another's certificate": clientOf(t, other, stranger.Config()),
	} {
		if err := c.Send(t.Context(), message()); !errors.Is(err, mail.ErrUnavailable) {
			t.Errorf("%s: the error is %v, not %v", name, err, mail.ErrUnavailable)
		}
	}
	if len(plain.Received())+len(stranger.Received()) > 0 {
		t.Error("a message has arrived")
	}
}

// A relay that takes a connection and says nothing, or hangs up.
func TestASilentRelayIsUnavailable(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	c, err := smtp.New(smtp.Config{
		Mail:    config.Mail{Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, Security: "starttls", From: "voute@example.test"},
		Timeout: 100 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Send(t.Context(), message()); !errors.Is(err, mail.ErrUnavailable) {
		t.Errorf("the error is %v, not %v", err, mail.ErrUnavailable)
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_ = conn.Close()
		}
	}()
	if err := c.Check(t.Context()); !errors.Is(err, mail.ErrUnavailable) {
		t.Errorf("the error is %v, not %v", err, mail.ErrUnavailable)
	}
}

func TestNewRefusesSettings(t *testing.T) {
	good := config.Mail{Host: "smtp.example.test", Port: 587, Security: "starttls", From: "voute@example.test"}
	if _, err := smtp.New(smtp.Config{Mail: good}); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*config.Mail){
		"no host":              func(c *config.Mail) { c.Host = "" },
		"no port":              func(c *config.Mail) { c.Port = 0 },
		"another security":     func(c *config.Mail) { c.Security = "maybe" },
		"no security":          func(c *config.Mail) { c.Security = "" },
		"credentials in clear": func(c *config.Mail) { c.Security, c.CredentialsDirectory = "none", "/etc/voute-mail" },
		"no sender":            func(c *config.Mail) { c.From = "Voûte" },
		"two senders":          func(c *config.Mail) { c.From = "a@example.test, b@example.test" },
	} {
		settings := good
		change(&settings)
		if _, err := smtp.New(smtp.Config{Mail: settings}); err == nil {
			t.Errorf("New takes %s", name)
		}
	}
}
