package certfile_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"voute.dev/voute/server/certfile"
	"voute.dev/voute/server/certfile/certtest"
)

// clock moves only when told to.
type clock struct{ now time.Time }

func (c *clock) pass(d time.Duration) { c.now = c.now.Add(d) }

func open(t *testing.T, pair certtest.Pair) (*certfile.Reloader, *clock) {
	t.Helper()
	c := &clock{now: time.Unix(1e9, 0)}
	r, err := certfile.Open(pair.CertFile, pair.KeyFile, certfile.WithClock(func() time.Time { return c.now }))
	if err != nil {
		t.Fatal(err)
	}
	return r, c
}

// serves checks which certificate is in force.
func serves(t *testing.T, r *certfile.Reloader, want tls.Certificate) {
	t.Helper()
	for _, get := range []func() (*tls.Certificate, error){
		func() (*tls.Certificate, error) { return r.GetCertificate(nil) },
		func() (*tls.Certificate, error) { return r.GetClientCertificate(nil) },
	} {
		pair, err := get()
		if err != nil || !bytes.Equal(pair.Certificate[0], want.Certificate[0]) {
			t.Errorf("another certificate is served (error %v)", err)
		}
	}
}

func TestARenewedCertificateIsServed(t *testing.T) {
	authority := certtest.New(t)
	files := authority.Issue(t)
	first := files.Load(t)
	r, clock := open(t, files)
	serves(t, r, first)
	authority.IssueInto(t, files)
	clock.pass(certfile.Interval - 1)
	serves(t, r, first)
	clock.pass(1)
	serves(t, r, files.Load(t))
}

// The kubelet swaps a mounted Secret by moving the link "..data".
func TestAMountedSecretIsSwapped(t *testing.T) {
	authority, mount := certtest.New(t), t.TempDir()
	for _, generation := range []string{"1", "2"} {
		dir := filepath.Join(mount, generation)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		authority.IssueInto(t, certtest.Pair{CertFile: filepath.Join(dir, "tls.crt"), KeyFile: filepath.Join(dir, "tls.key")})
	}
	link(t, "1", filepath.Join(mount, "..data"))
	link(t, "..data/tls.crt", filepath.Join(mount, "tls.crt"))
	link(t, "..data/tls.key", filepath.Join(mount, "tls.key"))
	files := certtest.Pair{CertFile: filepath.Join(mount, "tls.crt"), KeyFile: filepath.Join(mount, "tls.key")}
	r, clock := open(t, files)
	serves(t, r, files.Load(t))

	link(t, "2", filepath.Join(mount, "..next"))
	if err := os.Rename(filepath.Join(mount, "..next"), filepath.Join(mount, "..data")); err != nil {
		t.Fatal(err)
	}
	clock.pass(certfile.Interval)
	serves(t, r, files.Load(t))
}

func link(t *testing.T, to, name string) {
	t.Helper()
	if err := os.Symlink(to, name); err != nil {
		t.Fatal(err)
	}
}

func TestTheLastGoodPairStays(t *testing.T) {
	authority := certtest.New(t)
	files, other := authority.Issue(t), authority.Issue(t)
	first := files.Load(t)
	r, clock := open(t, files)
	for name, spoil := range map[string]func() error{
		"a key of another certificate": func() error { return os.Rename(other.KeyFile, files.KeyFile) },
		"no certificate":               func() error { return os.WriteFile(files.CertFile, []byte("x"), 0o600) },
		"no file":                      func() error { return os.Remove(files.CertFile) },
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		clock.pass(certfile.Interval)
		serves(t, r, first)
		if _, err := r.Current(); err == nil || !strings.Contains(err.Error(), "tls.") {
			t.Errorf("%s: the reason is %v", name, err)
		}
		authority.IssueInto(t, other)
	}
	authority.IssueInto(t, files)
	clock.pass(certfile.Interval)
	serves(t, r, files.Load(t))
	if _, err := r.Current(); err != nil {
		t.Errorf("with a good pair the reason stays: %v", err)
	}
}

func TestTheLeafIsKnown(t *testing.T) {
	r, _ := open(t, certtest.New(t).Issue(t))
	if pair, err := r.Current(); err != nil || pair.Leaf == nil || pair.Leaf.NotAfter.IsZero() {
		t.Errorf("the leaf is not parsed (error %v)", err)
	}
}

func TestManyAskAtOnce(t *testing.T) {
	authority := certtest.New(t)
	files := authority.Issue(t)
	r, err := certfile.Open(files.CertFile, files.KeyFile, certfile.WithInterval(0))
	if err != nil {
		t.Fatal(err)
	}
	var asking sync.WaitGroup
	for range 8 {
		asking.Go(func() {
			for range 50 {
				if pair, err := r.GetCertificate(nil); err != nil || pair == nil {
					t.Errorf("no certificate is served: %v", err)
				}
			}
		})
	}
	for range 20 {
		authority.IssueInto(t, files)
	}
	asking.Wait()
	serves(t, r, files.Load(t))
}

func TestOpenNeedsAGoodPair(t *testing.T) {
	authority := certtest.New(t)
	one, two := authority.Issue(t), authority.Issue(t)
	for name, pair := range map[string]certtest.Pair{
		"no certificate": {CertFile: "/nonexistent", KeyFile: one.KeyFile},
		"no key":         {CertFile: one.CertFile, KeyFile: "/nonexistent"},
		"no pair":        {CertFile: one.CertFile, KeyFile: two.KeyFile},
	} {
		if r, err := certfile.Open(pair.CertFile, pair.KeyFile); err == nil || r != nil {
			t.Errorf("Open takes %s", name)
		}
	}
}

func TestPools(t *testing.T) {
	authority := certtest.New(t)
	leaf := authority.Issue(t).Load(t).Leaf
	for name, read := range map[string]func(string) (*x509.CertPool, error){"Pool": certfile.Pool, "PoolOf": certfile.PoolOf} {
		pool, err := read(authority.File)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := leaf.Verify(x509.VerifyOptions{Roots: pool}); err != nil {
			t.Errorf("%s does not trust the authority: %v", name, err)
		}
		for _, file := range []string{"/nonexistent", authority.Issue(t).KeyFile} {
			if _, err := read(file); err == nil {
				t.Errorf("%s takes %s", name, file)
			}
		}
	}
	if _, err := certfile.Pool(""); err != nil {
		t.Errorf("the system's authorities alone: %v", err)
	}
}
