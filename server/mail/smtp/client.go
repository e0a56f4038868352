package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	stdmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"voute.dev/voute/server/mail"
)

// Client sends through one relay.
type Client struct {
	config Config
	from   *stdmail.Address
	domain string // of the sender: in Message-ID and HELO
	tls    *tls.Config
}

var _ mail.Mailer = (*Client)(nil)

// Send returns when the relay has taken the message.
func (c *Client) Send(ctx context.Context, m mail.Message) error {
	if err := m.Validate(); err != nil {
		return err
	}
	message := c.compose(m)
	err := c.connect(ctx, func(client *gomail.Client, relay *smtp.Client) error {
		return client.SendWithSMTPClient(relay, message)
	})
	if err == nil || message.IsDelivered() {
		return nil
	}
	var refusal *gomail.SendError
	if !errors.As(err, &refusal) {
		return err
	}
	return explain(m.ID, refusal)
}

// Check connects and signs in.
func (c *Client) Check(ctx context.Context) error {
	return c.connect(ctx, func(*gomail.Client, *smtp.Client) error { return nil })
}

// compose writes the message, whose fields have been checked.
func (c *Client) compose(m mail.Message) *gomail.Msg {
	message := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	message.FromMailAddress(c.from)
	message.ToMailAddress(&stdmail.Address{Name: readable(m.ToName), Address: m.To})
	message.Subject(m.Subject)
	message.SetDateWithValue(c.config.Now())
	message.SetMessageIDWithValue(m.ID + "@" + c.domain)
	message.SetGenHeader(gomail.HeaderContentLang, m.Language)
	// Nobody's absence notice is to answer: by the standard, and as Exchange has it.
	message.SetGenHeader("Auto-Submitted", "auto-generated")
	message.SetGenHeader(gomail.HeaderXAutoResponseSuppress, "All")
	message.SetBodyString(gomail.TypeTextPlain, m.Text)
	return message
}

// readable gives a name that net/mail encodes as the standard asks. It leaves a
// backslash in an encoded word, which no mail program has to read.
func readable(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return r > unicode.MaxASCII }) {
		return strings.ReplaceAll(name, `\`, "/")
	}
	return name
}

// explain maps the relay's refusal by its codes.
func explain(id string, refusal *gomail.SendError) error {
	code := strings.TrimSpace(fmt.Sprintf("%d %s", refusal.ErrorCode(), refusal.EnhancedStatusCode()))
	if refusal.ErrorCode() == 0 {
		code = "the connection broke"
	}
	switch refusal.Reason {
	case gomail.ErrSMTPRcptTo, gomail.ErrSMTPData, gomail.ErrSMTPDataClose:
		if refusal.ErrorCode()/100 == 5 {
			return fmt.Errorf("the mail relay refuses message %s for good: %s, when %s", id, code, refusal.Reason)
		}
	}
	return fmt.Errorf("%w: message %s was not taken: %s, when %s", mail.ErrUnavailable, id, code, refusal.Reason)
}

// connect signs in, does something, and takes leave. Its own errors are
// ErrUnavailable; those of do are as they are.
func (c *Client) connect(ctx context.Context, do func(*gomail.Client, *smtp.Client) error) error {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	line := &line{ctx: ctx, client: c}
	defer line.hangUp()
	options, err := c.options(line)
	if err != nil {
		return err
	}
	client, err := gomail.NewClient(c.config.Host, options...)
	if err != nil {
		return fmt.Errorf("%w: %w", mail.ErrUnavailable, err)
	}
	relay, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("%w: cannot connect and sign in: %w", mail.ErrUnavailable, errors.Join(err, ctx.Err()))
	}
	if err := do(client, relay); err != nil {
		return err
	}
	_ = relay.Quit() // what was to be done is done
	return nil
}

func (c *Client) options(line *line) ([]gomail.Option, error) {
	policy := gomail.NoTLS // with TLS from the start, the line is encrypted already
	if c.config.Security == startTLS {
		policy = gomail.TLSMandatory
	}
	options := []gomail.Option{
		gomail.WithPort(c.config.Port), gomail.WithTimeout(c.config.Timeout), gomail.WithHELO(c.domain),
		gomail.WithTLSPolicy(policy), gomail.WithTLSConfig(c.tls.Clone()), gomail.WithoutNoop(),
		gomail.WithDialContextFunc(line.dial),
	}
	if c.config.CredentialsDirectory == "" {
		return options, nil
	}
	username, err := c.credential("username")
	if err != nil {
		return nil, err
	}
	password, err := c.credential("password")
	if err != nil {
		return nil, err
	}
	return append(options, gomail.WithSMTPAuth(gomail.SMTPAuthPlain),
		gomail.WithUsername(username), gomail.WithPassword(password)), nil
}

func (c *Client) credential(name string) (string, error) {
	content, err := os.ReadFile(filepath.Join(c.config.CredentialsDirectory, name))
	if err != nil {
		return "", fmt.Errorf("%w: cannot read the relay's credentials: %w", mail.ErrUnavailable, err)
	}
	return strings.TrimRight(string(content), "\r\n"), nil
}

// line is the connection of one message. The library does not close it when
// greeting or sign-in fail, nor when the context of the message ends: the
// context that it dials with is another, over once the relay has greeted.
type line struct {
	ctx    context.Context
	client *Client
	conn   net.Conn
	stop   func() bool
}

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var err error
	if l.client.config.Security == implicit {
		l.conn, err = (&tls.Dialer{Config: l.client.tls}).DialContext(ctx, network, address)
	} else {
		l.conn, err = new(net.Dialer).DialContext(ctx, network, address)
	}
	if err != nil {
		l.conn = nil
		return nil, err
	}
	conn := l.conn
	l.stop = context.AfterFunc(l.ctx, func() { _ = conn.Close() })
	return conn, nil
}

func (l *line) hangUp() {
	if l.conn != nil {
		l.stop()
		_ = l.conn.Close()
	}
}
