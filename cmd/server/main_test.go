package main

import (
	"bytes"
	"errors"
	"flag"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"voute.dev/voute/server/visit"
)

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "--config is missing"},
		{[]string{"--config"}, "needs an argument"},
		{[]string{"--confg", "x"}, "confg"},
		{[]string{"--config", "x", "y"}, `"y" is one word too many`},
		{[]string{"start"}, `no command "start"`},
		{[]string{"scan-gateway", "--listen", ":1"}, "--socket is missing"},
		{[]string{"check", "--ca", "ca.crt"}, "--address is missing"},
		{[]string{"check", "--address", "https://a.example", "--within", "soon"}, "soon"},
	} {
		if err := run(t.Context(), c.args, nil); !errors.Is(err, errUsage) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want it to say %q", c.args, err, c.want)
		}
	}
	for _, args := range [][]string{{"help"}, {"--help"}, {"scan-gateway", "-h"}} {
		if err := run(t.Context(), args, nil); !errors.Is(err, flag.ErrHelp) {
			t.Errorf("%q: %v", args, err)
		}
	}
}

func TestVersion(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), []string{"version"}, &out); err != nil || out.String() != "0.1.0\n" {
		t.Errorf("%q (%v)", out.String(), err)
	}
}

func TestMissingConfigurationIsSaid(t *testing.T) {
	err := run(t.Context(), []string{"--config", "/nowhere/voute.yaml"}, nil)
	if err == nil || errors.Is(err, errUsage) || !strings.Contains(err.Error(), "/nowhere/voute.yaml") {
		t.Errorf("%v", err)
	}
}

// TestCheck: what was seen is printed, and the program fails where it is not good.
func TestCheck(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	var out bytes.Buffer
	err := run(t.Context(), []string{"check", "--address", "https://partage.example", "--connect-to", server.Listener.Addr().String()}, &out)
	if !errors.Is(err, visit.ErrNotGood) || !strings.Contains(out.String(), "address: good: ") || !strings.Contains(out.String(), "certificate: NOT GOOD: ") {
		t.Errorf("it ends with %v, and prints %s", err, out.String())
	}
	if code := explain(err); code != 1 {
		t.Errorf("it exits with %d", code)
	}
}
