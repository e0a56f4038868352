package availability

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"voute.dev/voute/server/certfile/certtest"
)

const host = "partage.justice.example"

// site is an address with a certificate for some names; it gives where to dial.
func site(t *testing.T, handler http.HandlerFunc, names ...string) string {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certtest.New(t).Issue(t, names...).Load(t)}} //nolint:gosec // it is a test's server
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func prober(now func() time.Time) *Client {
	c := NewClient((&net.Dialer{}).DialContext, now)
	c.pause = time.Millisecond
	return c
}

func answer(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Host != host || r.Method != http.MethodHead || r.URL.Path != "/" {
			code = http.StatusInternalServerError
		}
		w.WriteHeader(code)
	}
}

func TestProbe(t *testing.T) {
	plain := httptest.NewServer(answer(http.StatusOK))
	t.Cleanup(plain.Close)
	closed := httptest.NewServer(answer(http.StatusOK))
	closed.Close()
	for name, test := range map[string]struct {
		dial string
		now  func() time.Time
		want string
	}{
		"it answers":                   {site(t, answer(http.StatusOK), host), time.Now, ""},
		"it sends people elsewhere":    {site(t, answer(http.StatusSeeOther), host), time.Now, ""},
		"it is asked too often":        {site(t, answer(http.StatusTooManyRequests), host), time.Now, ""},
		"the server fails":             {site(t, answer(http.StatusBadGateway), host), time.Now, "it answers 502 Bad Gateway"},
		"another name's certificate":   {site(t, answer(http.StatusOK), "other.example"), time.Now, "its certificate is not for " + host},
		"a certificate of the past":    {site(t, answer(http.StatusOK), host), func() time.Time { return time.Now().AddDate(20, 0, 0) }, "its certificate holds from "},
		"a certificate of the future":  {site(t, answer(http.StatusOK), host), func() time.Time { return time.Now().AddDate(-20, 0, 0) }, "its certificate holds from "},
		"nothing listens there":        {closed.Listener.Addr().String(), time.Now, "the connection is refused or cut"},
		"what listens speaks no TLS":   {plain.Listener.Addr().String(), time.Now, "what answers there does not speak TLS"},
		"a name that is no name there": {"no-such-name.invalid:443", time.Now, "its name is not known to DNS"},
	} {
		t.Run(name, func(t *testing.T) {
			err := prober(test.now).Probe(t.Context(), Address{Dial: test.dial, Host: host})
			if (err == nil) != (test.want == "") || (err != nil && !strings.HasPrefix(err.Error(), test.want)) {
				t.Errorf("it says %v; want %q", err, test.want)
			}
		})
	}
}

// One connection that is lost is no outage, and two are one.
func TestAProbeIsTriedAgain(t *testing.T) {
	for lost, want := range map[int]bool{1: true, 2: false} {
		dialled, real := 0, site(t, answer(http.StatusOK), host)
		c := prober(time.Now)
		dial := c.dial
		c.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if dialled++; dialled <= lost {
				return nil, net.ErrClosed
			}
			return dial(ctx, network, address)
		}
		if err := c.Probe(t.Context(), Address{Dial: real, Host: host}); (err == nil) != want {
			t.Errorf("%d lost: %v", lost, err)
		}
	}
}

// A server that takes the connection and says nothing is given up in time, and a
// look that is broken off ends at once.
func TestProbeIsBounded(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err = prober(time.Now).Probe(ctx, Address{Dial: listener.Addr().String(), Host: host})
	if err == nil || err.Error() != "it does not answer in time" {
		t.Errorf("it says %v", err)
	}
}
