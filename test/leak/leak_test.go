package leak

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"
)

func pemKey(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func marked() *Search {
	s := New()
	for what, marker := range map[string]string{
		"a password": "une phrase de passe", "a code": "4815162", "a name": "Marie-Ève O’Brien", "a document": `plan "secret" & co.pdf`, "an IP address": "127.11.12.13",
	} {
		s.Add(what, marker)
	}
	s.Allow("pilot@example.org")
	return s
}

// TestPlanted plants each thing that must be found into a log.
func TestPlanted(t *testing.T) {
	key := pemKey(t)
	token := "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJl" // the form of one, and none
	for planted, want := range map[string]string{
		token:               "a JSON web token",
		"Bearer abcdef1234": "a credential of a request",
		key:                 "a private key",
		base64.StdEncoding.EncodeToString([]byte(key)):                   "a private key in base64",
		"hvs." + strings.Repeat("Ab1_", 8):                               "a Vault token",
		"s." + strings.Repeat("Ab1x", 6):                                 "a Vault token",
		"vault:v1:8SDd3WHDOjf7mq69CyCqYjBXAiQQAVZRkFM13":                 "a wrapped or unwrapped key",
		"marie.tremblay@justice.example":                                 "the address of a mailbox",
		"<MARIE@JUSTICE.EXAMPLE>":                                        "the address of a mailbox",
		"une phrase de passe":                                            "a password",
		"password=une+phrase+de+passe&next=":                             "a password",
		"une%20phrase%20de%20passe":                                      "a password",
		base64.StdEncoding.EncodeToString([]byte("une phrase de passe")): "a password",
		"code 4815162":                                                   "a code",
		"code=4815162,":                                                  "a code",
		"Marie-Ève O’Brien":                                              "a name",
		`"name":"Marie-\u00c8ve O\u2019Brien"`:                           "a name",
		`open plan \"secret\" & co.pdf`:                                  "a document",
		"plan &#34;secret&#34; &amp; co":                                 "",
		"plan &#34;secret&#34; &amp; co.pdf":                             "a document",
		"remote=127.11.12.13:5012":                                       "an IP address",
		"serial 48151623":                                                "",
		"serial 14815162":                                                "",
		"0.4815162 seconds":                                              "",
		"Name one: pilot@example.org":                                    "",
		"sigs.k8s.io/controller-runtime@v0.24.1/pkg/x.go":                "",
		"image@sha256:abcdef":                                            "",
		"-----BEGIN CERTIFICATE-----":                                    "",
	} {
		text := "2026-11-22T04:00:00Z INFO applied\n{\"x\":\"" + planted + "\"}\nnext\n"
		found := marked().In("the log", text)
		if want == "" && len(found) > 0 || want != "" && !contains(found, want) {
			t.Errorf("%q: found %q, want %q", planted, found, want)
		}
		for _, each := range found {
			if strings.Contains(each, planted) {
				t.Errorf("the finding repeats the secret: %s", each)
			}
		}
	}
}

func contains(found []string, want string) bool {
	for _, each := range found {
		if strings.HasPrefix(each, "the log, line ") && strings.Contains(each, "has "+want+":") {
			return true
		}
	}
	return false
}

func TestAMarkerThatSaysNothingIsLeftOut(t *testing.T) {
	s := New()
	s.Add("a name", " Jo ")
	if s.Len() != 0 || len(s.In("the log", "Jo did it")) != 0 {
		t.Error("it is looked for")
	}
}
