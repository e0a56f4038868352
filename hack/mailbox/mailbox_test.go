package mailbox

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/smtp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"voute.dev/voute/hack/pki"
)

func TestParseTakesTextAndLinksOutOfParts(t *testing.T) {
	file := strings.ReplaceAll(`X-Envelope-From: voute@partage.example
X-Envelope-To: pilote@justice.example
Subject: =?UTF-8?q?Invitation_=C3=A0_la_vo=C3=BBte?=
Date: Mon, 23 Nov 2026 10:00:00 -0500
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Bonjour, ouvrez https://partage.justice.localhost/invitation?token=3Dabc=
def.
--b
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

PGEgaHJlZj0iaHR0cHM6Ly9hLmV4YW1wbGUvP3g9MSZhbXA7eT0yIj5pY2k8L2E+
--b--
`, "\n", "\r\n")
	m, err := Parse("1.eml", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	if m.Subject != "Invitation à la voûte" {
		t.Errorf("subject = %q", m.Subject)
	}
	want := []string{"https://partage.justice.localhost/invitation?token=abcdef", "https://a.example/?x=1&y=2"}
	if !slices.Equal(m.Links, want) {
		t.Errorf("links = %q, want %q", m.Links, want)
	}
	if !m.sentTo("Pilote@Justice.example") || m.sentTo("other@justice.example") {
		t.Errorf("recipients are wrong: %q", m.To)
	}
}

func TestPlainMessageWithoutContentType(t *testing.T) {
	m, err := Parse("1.eml", []byte("X-Envelope-To: a@b.c\r\nSubject: Hi\r\n\r\nhello\r\n"))
	if err != nil || m.Text != "hello\r\n" {
		t.Errorf("text = %q, %v", m.Text, err)
	}
}

func TestFileNamesStayInTheFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	store := &folder{path: filepath.Join(dir, "mail")}
	if _, err := store.read("../secret"); err == nil {
		t.Error("a file outside the folder was read")
	}
}

// startMailbox returns the addresses of the SMTP service and of the pages.
func startMailbox(t *testing.T) (smtpAddress, pages string, roots *x509.CertPool) {
	t.Helper()
	dir := t.TempDir()
	ca, err := pki.OpenAuthority(dir, "ca", "test")
	if err != nil {
		t.Fatal(err)
	}
	if err := ca.Issue("smtp", pki.Subject{Name: "smtp", Hosts: []string{"127.0.0.1"}}); err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(ca.CertFile())
	if err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	web, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	socket, err := web.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	probe, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	smtpAddress = probe.Addr().String()
	probe.Close()
	go Run(t.Context(), Config{
		Listen: smtpAddress, CertFile: filepath.Join(dir, "smtp.crt"), KeyFile: filepath.Join(dir, "smtp.key"),
		Folder: filepath.Join(dir, "mail"), Web: socket,
	})
	return smtpAddress, "http://" + web.Addr().String(), roots
}

func dial(t *testing.T, address string) *smtp.Client {
	t.Helper()
	for range 100 {
		if client, err := smtp.Dial(address); err == nil {
			t.Cleanup(func() { client.Close() })
			return client
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("the mailbox does not answer")
	return nil
}

func TestMessageIsKeptAndShown(t *testing.T) {
	address, pages, roots := startMailbox(t)
	client := dial(t, address)
	if err := client.StartTLS(&tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}); err != nil {
		t.Fatal(err)
	}
	if err := client.Mail("a@example"); err == nil {
		t.Error("a message was taken without signing in")
	}
	if err := client.Auth(smtp.PlainAuth("", Username, "wrong", "127.0.0.1")); err == nil {
		t.Error("a wrong password was taken")
	}
	client = dial(t, address)
	if err := client.StartTLS(&tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}); err != nil {
		t.Fatal(err)
	}
	if err := client.Auth(smtp.PlainAuth("", Username, Password, "127.0.0.1")); err != nil {
		t.Fatal(err)
	}
	send(t, client, "a@example", "b@example", "Subject: Hi\r\n\r\nsee https://example/x\r\n")

	var found []Message
	get(t, pages+"/messages?to=b@example", &found)
	if len(found) != 1 || found[0].From != "a@example" || found[0].Links[0] != "https://example/x" {
		t.Errorf("found %+v", found)
	}
	get(t, pages+"/messages?to=nobody@example", &found)
	if len(found) != 0 {
		t.Errorf("nobody@example got %+v", found)
	}
}

func TestPasswordIsNotTakenInClear(t *testing.T) {
	address, _, _ := startMailbox(t)
	client := dial(t, address)
	if ok, _ := client.Extension("AUTH"); ok {
		t.Error("signing in is offered before TLS")
	}
}

func send(t *testing.T, client *smtp.Client, from, to, message string) {
	t.Helper()
	if err := client.Mail(from); err != nil {
		t.Fatal(err)
	}
	if err := client.Rcpt(to); err != nil {
		t.Fatal(err)
	}
	body, err := client.Data()
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(body, message)
	if err := body.Close(); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, url string, into any) {
	t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}
