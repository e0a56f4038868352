package visit

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"html"
	"net/http"
	"strings"
	"time"
)

// Finding is what one step of a visit found.
type Finding struct {
	// Step is address, certificate or page.
	Step string
	OK   bool
	// Text says it in a sentence, with the next step where it is not as it should be.
	Text string
}

// String is the line that a person reads.
func (f Finding) String() string {
	word := "good"
	if !f.OK {
		word = "NOT GOOD"
	}
	return f.Step + ": " + word + ": " + f.Text
}

const day = 24 * time.Hour

// judgeCertificate: a browser takes the certificate, and will for some days.
func judgeCertificate(chain []*x509.Certificate, host string, roots *x509.CertPool, minDaysLeft int, now time.Time) Finding {
	leaf := chain[0]
	left := int(leaf.NotAfter.Sub(now) / day)
	until := leaf.NotAfter.UTC().Format(time.DateOnly)
	bad := func(format string, args ...any) Finding {
		return Finding{Step: "certificate", Text: fmt.Sprintf(format, args...)}
	}
	switch {
	case now.After(leaf.NotAfter):
		return bad("it expired on %s; have it renewed", until)
	case now.Before(leaf.NotBefore):
		return bad("it holds from %s on; set this machine's clock, or wait", leaf.NotBefore.UTC().Format(time.RFC3339))
	case leaf.VerifyHostname(host) != nil:
		return bad("it is for %s and not for %s; have one issued for this name, or see whether the name leads to the right place", names(leaf), host)
	}
	if err := verify(chain, roots, now); err != nil {
		return bad("it is signed by %q, and that is not trusted here (%v); name the authority's certificate with --ca, or have the server send the whole chain", leaf.Issuer, err)
	}
	if left < minDaysLeft {
		return bad("days left: %d, until %s, and %d asked for; see why it has not been renewed", left, until, minDaysLeft)
	}
	return Finding{Step: "certificate", OK: true, Text: fmt.Sprintf("it is for %s, signed by %q; days left: %d, until %s", host, leaf.Issuer, left, until)}
}

// verify looks for a way from the certificate to an authority; nil roots are
// the system's.
func verify(chain []*x509.Certificate, roots *x509.CertPool, now time.Time) error {
	between := x509.NewCertPool()
	for _, certificate := range chain[1:] {
		between.AddCert(certificate)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: now})
	return err
}

func names(leaf *x509.Certificate) string {
	if len(leaf.DNSNames) == 0 {
		return "no name"
	}
	return strings.Join(leaf.DNSNames, ", ")
}

// answer is the first page, as far as it was read.
type answer struct {
	status   int
	location string
	body     []byte
}

// signInMark is in the sign-in page's main element, whatever its language.
const signInMark = `data-page="sign-in"`

// judgePage: it is a sharing server's sign-in page, and has the text expected.
func judgePage(got answer, expect string) Finding {
	bad := func(format string, args ...any) Finding {
		return Finding{Step: "page", Text: fmt.Sprintf(format, args...)}
	}
	status := fmt.Sprintf("%d %s", got.status, http.StatusText(got.status))
	switch {
	case got.status >= http.StatusInternalServerError:
		return bad("it answers %s; see the server's log", status)
	case got.location != "":
		return bad("it answers %s and leads on to %s; ask for the address that the server itself has", status, got.location)
	case got.status != http.StatusOK:
		return bad("it answers %s; see whether the name leads to the right server", status)
	case !bytes.Contains(got.body, []byte(signInMark)):
		return bad("it answers %s, but not with the sign-in page of a sharing server; see whether the name leads to the right server", status)
	case !strings.Contains(html.UnescapeString(string(got.body)), expect):
		return bad("it is a sign-in page, but nowhere does it say %q; see whether the name leads to another client's server", expect)
	case expect == "":
		return Finding{Step: "page", OK: true, Text: "it is the sign-in page"}
	}
	return Finding{Step: "page", OK: true, Text: fmt.Sprintf("it is the sign-in page of %q", expect)}
}

// ErrNotGood means that the findings are not all good.
var ErrNotGood = errors.New("the address is not as it should be")

// Good says whether a visit was made to its end and all was as it should be.
func Good(findings []Finding) bool {
	return len(findings) == 3 && findings[2].OK
}
