package visit

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"voute.dev/voute/server/certfile/certtest"
)

const (
	host = "partage.justice.example"
	page = `<title>Ministère de l&#39;Étude</title><main data-page="sign-in">`
)

// place is a server with a certificate of an authority of its own.
type place struct {
	*httptest.Server
	authority *certtest.Authority
}

func newPlace(t *testing.T, handler http.HandlerFunc) place {
	t.Helper()
	p := place{httptest.NewUnstartedServer(handler), certtest.New(t)}
	pair := p.authority.Issue(t, host)
	loaded, err := tls.LoadX509KeyPair(pair.CertFile, pair.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	p.TLS = &tls.Config{Certificates: []tls.Certificate{loaded}}
	p.StartTLS()
	t.Cleanup(p.Close)
	return p
}

func (p place) door() string { return p.Listener.Addr().String() }

// visitor looks for the name at the place, and trusts its authority.
func (p place) visitor() *Visitor {
	return &Visitor{Address: "https://" + host, ConnectTo: p.door(), CAFile: p.authority.File, Expect: "Ministère de l'Étude"}
}

func serve(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestVisit(t *testing.T) {
	good := newPlace(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Host != host || r.URL.Path != "/" || r.Header.Get("Accept-Language") != "fr" {
			t.Errorf("asked for %s%s in %q", r.Host, r.URL, r.Header.Get("Accept-Language"))
		}
		serve(http.StatusOK, page)(w, r)
	})
	plain := httptest.NewServer(serve(http.StatusOK, page))
	t.Cleanup(plain.Close)
	for name, c := range map[string]struct {
		edit  func(*Visitor)
		wants []string // of the findings, in their order
	}{
		"all is good":         {func(*Visitor) {}, []string{"address: good: " + good.door(), "certificate: good: it is for " + host, `page: good: it is the sign-in page of "Ministère de l'Étude"`}},
		"nothing is expected": {func(v *Visitor) { v.Expect = "" }, []string{"address: good", "certificate: good", "page: good: it is the sign-in page"}},
		"another client":      {func(v *Visitor) { v.Expect = "Culture" }, []string{"address: good", "certificate: good", `page: NOT GOOD: it is a sign-in page, but nowhere does it say "Culture"`}},
		"another name":        {func(v *Visitor) { v.Address = "https://autre.example" }, []string{"address: good", "certificate: NOT GOOD: it is for localhost, " + host + " and not for autre.example"}},
		"nobody has signed":   {func(v *Visitor) { v.CAFile = certtest.New(t).File }, []string{"address: good", `certificate: NOT GOOD: it is signed by "CN=test authority", and that is not trusted here`}},
		"the system's alone":  {func(v *Visitor) { v.CAFile = "" }, []string{"address: good", "certificate: NOT GOOD: it is signed by"}},
		"few days left":       {func(v *Visitor) { v.MinDaysLeft = 100000 }, []string{"address: good", "certificate: NOT GOOD: days left: "}},
		"no TLS":              {func(v *Visitor) { v.ConnectTo = plain.Listener.Addr().String() }, []string{"address: NOT GOOD: what answers at " + plain.Listener.Addr().String() + " does not speak TLS"}},
		"nobody there":        {func(v *Visitor) { v.ConnectTo = closedPort(t) }, []string{"address: NOT GOOD: nobody answers at "}},
		"no such name":        {func(v *Visitor) { v.ConnectTo = "nowhere.invalid:443" }, []string{"address: NOT GOOD: the name nowhere.invalid is not known here"}},
	} {
		v := good.visitor()
		c.edit(v)
		var out bytes.Buffer
		err := v.Visit(t.Context(), &out)
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if len(lines) != len(c.wants) {
			t.Errorf("%s: it says %q; want %q", name, lines, c.wants)
			continue
		}
		for i, want := range c.wants {
			if !strings.HasPrefix(lines[i], want) {
				t.Errorf("%s: it says %q; want %q", name, lines[i], want)
			}
		}
		if notGood := strings.Contains(out.String(), "NOT GOOD"); notGood != errors.Is(err, ErrNotGood) {
			t.Errorf("%s: it ends with %v", name, err)
		}
	}
}

func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// TestWithin: an address that becomes good in time is good.
func TestWithin(t *testing.T) {
	var asked atomic.Int32
	p := newPlace(t, func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) < 3 {
			serve(http.StatusServiceUnavailable, "")(w, r)
			return
		}
		serve(http.StatusOK, page)(w, r)
	})
	v := p.visitor()
	v.now, v.pause = time.Now, time.Millisecond
	if err := v.Visit(t.Context(), io.Discard); !errors.Is(err, ErrNotGood) || asked.Load() != 1 {
		t.Errorf("with no time to wait it asks %d times and says %v", asked.Load(), err)
	}
	v.Within = time.Minute
	var out bytes.Buffer
	if err := v.Visit(t.Context(), &out); err != nil || asked.Load() != 3 {
		t.Errorf("it has asked %d times, and says %v: %s", asked.Load(), err, out.String())
	}
	v.Within, v.Expect = 50*time.Millisecond, "Culture"
	if err := v.Visit(t.Context(), io.Discard); !errors.Is(err, ErrNotGood) {
		t.Errorf("it never becomes good, and it says %v", err)
	}
}

func TestWhatIsAskedWrongly(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.crt")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for want, v := range map[string]*Visitor{
		`"http://a.example" is no address`:    {Address: "http://a.example"},
		`"https://" is no address`:            {Address: "https://"},
		`"https://a.example/x" is no address`: {Address: "https://a.example/x"},
		`cannot connect to "a.example"`:       {Address: "https://a.example", ConnectTo: "a.example"},
		"/nowhere/ca.crt":                     {Address: "https://a.example", CAFile: "/nowhere/ca.crt"},
		"has no certificate in PEM":           {Address: "https://a.example", CAFile: empty},
	} {
		if err := v.Visit(t.Context(), io.Discard); err == nil || errors.Is(err, ErrNotGood) || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v; want %s", v, err, want)
		}
	}
}

func TestJudgeCertificate(t *testing.T) {
	authority := certtest.New(t)
	pair := authority.Issue(t, host)
	loaded, err := tls.LoadX509KeyPair(pair.CertFile, pair.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	chain := []*x509.Certificate{loaded.Leaf}
	from, until := loaded.Leaf.NotBefore, loaded.Leaf.NotAfter
	middle := from.Add(until.Sub(from) / 2)
	for name, c := range map[string]struct {
		host  string
		roots *x509.CertPool
		days  int
		now   time.Time
		ok    bool
		want  string
	}{
		"good":               {host, authority.Pool, 0, middle, true, "it is for " + host},
		"its last second":    {host, authority.Pool, 0, until, true, "days left: 0"},
		"just as many days":  {host, authority.Pool, 1, until.Add(-day), true, "days left: 1, until"},
		"one day too few":    {host, authority.Pool, 1, until.Add(-day + time.Second), false, "days left: 0, until " + until.UTC().Format(time.DateOnly) + ", and 1 asked for"},
		"expired":            {host, authority.Pool, 0, until.Add(time.Second), false, "it expired on"},
		"not yet":            {host, authority.Pool, 0, from.Add(-time.Second), false, "it holds from"},
		"another name":       {"x.example", authority.Pool, 0, middle, false, "not for x.example"},
		"another authority":  {host, certtest.New(t).Pool, 0, middle, false, "is not trusted here"},
		"nobody is trusted":  {host, x509.NewCertPool(), 0, middle, false, "is not trusted here"},
		"the name is a part": {"a." + host, authority.Pool, 0, middle, false, "not for a." + host},
	} {
		got := judgeCertificate(chain, c.host, c.roots, c.days, c.now)
		if got.OK != c.ok || !strings.Contains(got.Text, c.want) {
			t.Errorf("%s: %s; want %s", name, got, c.want)
		}
	}
}

func TestJudgePage(t *testing.T) {
	for name, c := range map[string]struct {
		answer answer
		expect string
		ok     bool
		want   string
	}{
		"good":             {answer{200, "", []byte(page)}, "Ministère de l'Étude", true, `of "Ministère de l'Étude"`},
		"failing":          {answer{503, "", nil}, "", false, "it answers 503 Service Unavailable; see the server's log"},
		"leading on":       {answer{308, "https://x.example/", nil}, "", false, "leads on to https://x.example/"},
		"not found":        {answer{404, "", []byte(page)}, "", false, "it answers 404 Not Found"},
		"something else":   {answer{200, "", []byte("<h1>It works!</h1>")}, "", false, "not with the sign-in page of a sharing server"},
		"another client's": {answer{200, "", []byte(page)}, "Culture", false, `nowhere does it say "Culture"`},
	} {
		if got := judgePage(c.answer, c.expect); got.OK != c.ok || !strings.Contains(got.Text, c.want) {
			t.Errorf("%s: %s; want %s", name, got, c.want)
		}
	}
}
