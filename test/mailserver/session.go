package mailserver

import (
	"fmt"
	"io"
	"mime"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"mime/quotedprintable"
)

// Stage is a command that the relay may be told to refuse.
type Stage string

// The stages of a message.
const (
	StageMail Stage = "MAIL"
	StageRcpt Stage = "RCPT"
	StageData Stage = "DATA"
)

// Received is a message as it came.
type Received struct {
	// From and To are the envelope's; TLS tells whether the line was encrypted.
	From, To string
	TLS      bool
	Header   mail.Header
	// Subject and Text are decoded, with plain line feeds.
	Subject, Text string
	Raw           string
}

// Refuse makes the relay answer a stage with a code until it is 0.
func (s *Server) Refuse(stage Stage, code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.refusals, stage)
	if code != 0 {
		s.refusals[stage] = &smtp.SMTPError{
			Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 1, 1}, Message: "refused, as the test asked",
		}
	}
}

// Received are the messages taken so far, oldest first.
func (s *Server) Received() []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.taken)
}

// AwaitTo returns the first message to an address that comes after a number of
// others to it.
func (s *Server) AwaitTo(t testing.TB, address string, after int) Received {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		matching := slices.DeleteFunc(s.Received(), func(r Received) bool { return r.To != address })
		if len(matching) > after {
			return matching[after]
		}
	}
	t.Fatalf("no message %d came to %s", after+1, address)
	return Received{}
}

// session is one connection of a sender.
type session struct {
	server   *Server
	conn     *smtp.Conn
	signedIn bool
	from, to string
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		if username != Username || password != Password {
			return smtp.ErrAuthFailed
		}
		s.signedIn = true
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if !s.signedIn && !s.server.options.Open {
		return smtp.ErrAuthRequired
	}
	s.from = from
	return s.refusal(StageMail)
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.to != "" {
		return fmt.Errorf("a second recipient: %s", to)
	}
	s.to = to
	return s.refusal(StageRcpt)
}

func (s *session) Data(body io.Reader) error {
	content, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	if err := s.refusal(StageData); err != nil {
		return err
	}
	received, err := decode(string(content))
	if err != nil {
		return err
	}
	_, received.TLS = s.conn.TLSConnectionState()
	received.From, received.To = s.from, s.to
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.taken = append(s.server.taken, received)
	return nil
}

func (s *session) Reset()        { s.from, s.to = "", "" }
func (s *session) Logout() error { return nil }

// refusal keeps a nil pointer from becoming an error.
func (s *session) refusal(stage Stage) error {
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	if refusal := s.server.refusals[stage]; refusal != nil {
		return refusal
	}
	return nil
}

func decode(raw string) (Received, error) {
	message, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		return Received{}, err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject"))
	if err != nil {
		return Received{}, err
	}
	body := message.Body
	if message.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
		body = quotedprintable.NewReader(body)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return Received{}, err
	}
	return Received{
		Header: message.Header, Subject: subject, Raw: raw,
		Text: strings.ReplaceAll(string(text), "\r\n", "\n"),
	}, nil
}
