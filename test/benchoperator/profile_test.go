package benchoperator

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/client-go/discovery"
)

// profiledFor is how long the API server is looked at.
const profiledFor = 20 * time.Second

// profileServer leaves a profile of the API server's processor time, from a
// moment on in which it has tenants to work for; the rest ends without it.
func (p *place) profileServer(t *testing.T, of string) {
	t.Helper()
	if *profiles == "" {
		return
	}
	asking, err := discovery.NewDiscoveryClientForConfig(p.config)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() { <-ended })
	go func() {
		defer close(ended)
		content, err := asking.RESTClient().Get().AbsPath("/debug/pprof/profile").
			Param("seconds", fmt.Sprint(int(profiledFor.Seconds()))).DoRaw(t.Context())
		if err == nil {
			err = os.WriteFile(filepath.Join(*profiles, "kube-apiserver-"+of+".pprof"), content, 0o600)
		}
		if err != nil {
			t.Logf("no profile of the API server: %v", err)
		}
	}()
}
