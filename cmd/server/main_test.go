package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

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
		{[]string{"scan-gateway", "--listen", ":1", "--socket", "s", "--cert", "c", "--key", "k", "--client-ca", "a", "--scans", "-1"}, "--scans is -1"},
		{[]string{"journal"}, "write journal verify"},
		{[]string{"journal", "verify"}, "--config is missing"},
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

// TestTheChartAsksRightly: what the pods of `helm test` ask for, this program
// knows. The last address is one that cannot be, so that nothing is asked.
func TestTheChartAsksRightly(t *testing.T) {
	rendered, err := os.ReadFile("../../hack/charts/tenant/testdata/golden/everything.yaml")
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for text := range strings.SplitSeq(string(rendered), "\n---\n") {
		var pod struct {
			Kind string
			Spec struct {
				Containers []struct{ Command, Args []string }
			}
		}
		if yaml.Unmarshal([]byte(text), &pod) != nil || pod.Kind != "Pod" {
			continue
		}
		container := pod.Spec.Containers[0]
		if !slices.Equal(container.Command, []string{"/voute-server", "check"}) {
			t.Errorf("a pod runs %q", container.Command)
		}
		args := slices.Concat([]string{"check"}, container.Args, []string{"--address", "x"})
		if err := run(t.Context(), args, io.Discard); err == nil || errors.Is(err, errUsage) || !strings.Contains(err.Error(), `"x" is no address`) {
			t.Errorf("a pod asks %q, and is answered with %v", container.Args, err)
		}
		asked++
	}
	if asked != 2 {
		t.Errorf("%d pods were found, want one an address", asked)
	}
}
