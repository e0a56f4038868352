package mailbox

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Message is a message as tests and people read it. From and To are those of
// the envelope: where it would have gone.
type Message struct {
	ID      string    `json:"id"`
	From    string    `json:"from"`
	To      []string  `json:"to"`
	Subject string    `json:"subject"`
	Date    time.Time `json:"date"`
	Text    string    `json:"text"`
	HTML    string    `json:"html,omitempty"`
	Links   []string  `json:"links"`
}

var link = regexp.MustCompile(`https?://[^\s<>"']+`)

// Parse reads a message's file.
func Parse(id string, file []byte) (Message, error) {
	parsed, err := mail.ReadMessage(bytes.NewReader(file))
	if err != nil {
		return Message{}, fmt.Errorf("%s is not a mail message: %w", id, err)
	}
	m := Message{
		ID:   id,
		From: parsed.Header.Get("X-Envelope-From"),
		To:   parsed.Header["X-Envelope-To"],
	}
	if m.Subject, err = new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject")); err != nil {
		m.Subject = parsed.Header.Get("Subject")
	}
	m.Date, _ = parsed.Header.Date()
	if err := m.addPart(textproto.MIMEHeader(parsed.Header), parsed.Body); err != nil {
		return Message{}, fmt.Errorf("cannot read the body of %s: %w", id, err)
	}
	m.Links = links(m.Text, m.HTML)
	return m, nil
}

// addPart takes the text out of a part, or out of the parts in it.
func (m *Message) addPart(header textproto.MIMEHeader, body io.Reader) error {
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		kind = "text/plain"
	}
	if strings.HasPrefix(kind, "multipart/") {
		return m.addParts(multipart.NewReader(body, params["boundary"]))
	}
	content, err := io.ReadAll(decode(header.Get("Content-Transfer-Encoding"), body))
	if err != nil {
		return err
	}
	switch kind {
	case "text/plain":
		m.Text += string(content)
	case "text/html":
		m.HTML += string(content)
	}
	return nil
}

func (m *Message) addParts(parts *multipart.Reader) error {
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := m.addPart(part.Header, part); err != nil {
			return err
		}
	}
}

func decode(encoding string, body io.Reader) io.Reader {
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		return quotedprintable.NewReader(body)
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, body)
	default:
		return body
	}
}

// links finds the addresses in the texts, each once, without the full stop or
// bracket that ends a sentence after them.
func links(texts ...string) []string {
	found := []string{}
	for _, text := range texts {
		for _, address := range link.FindAllString(text, -1) {
			address = strings.TrimRight(strings.ReplaceAll(address, "&amp;", "&"), ".,;:!?)»")
			if !slices.Contains(found, address) {
				found = append(found, address)
			}
		}
	}
	return found
}

// sentTo reports whether the message went to that address; to any when it is empty.
func (m Message) sentTo(address string) bool {
	return address == "" || slices.ContainsFunc(m.To, func(to string) bool { return strings.EqualFold(to, address) })
}
