package operator_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"voute.dev/voute/test/program"
)

// TestClamdTakesItsConfiguration starts a real clamd with the file of the chart,
// but for its folders.
func TestClamdTakesItsConfiguration(t *testing.T) {
	clamd := program.Tool(t, "clamd")
	text := decode(t, render(t, "everything.values.yaml"))["ConfigMap voute-clamd"].(*corev1.ConfigMap).Data["clamd.conf"]
	dir, err := os.MkdirTemp("/dev/shm", "voute-chart-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	for _, folder := range []string{"/var/lib/clamav", "/run/clamav", "/spool"} {
		if !strings.Contains(text, " "+folder) {
			t.Errorf("the configuration does not name %s", folder)
		}
		text = strings.ReplaceAll(text, " "+folder, " "+dir)
	}
	write(t, filepath.Join(dir, "clamd.conf"), text)
	// A signature, any: clamd does not start without one.
	write(t, filepath.Join(dir, "any.ndb"), "Voute.Test:0:*:"+strings.Repeat("61", 32)+"\n")
	started := program.Start(t, clamd, "--config-file="+filepath.Join(dir, "clamd.conf"))
	started.Await(t, func() error {
		conn, err := new(net.Dialer).DialContext(t.Context(), "unix", filepath.Join(dir, "clamd.sock"))
		if err == nil {
			err = conn.Close()
		}
		return err
	})
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestSpoolHoldsTheScansUnderWay: no document rests on a disk, and the memory for
// those that the gateway lets through is there.
func TestSpoolHoldsTheScansUnderWay(t *testing.T) {
	objects := decode(t, render(t, "everything.values.yaml"))
	pod := objects["Deployment voute-clamd"].(*appsv1.Deployment).Spec.Template.Spec
	for _, volume := range pod.Volumes {
		if volume.Name == "spool" {
			if volume.EmptyDir.Medium != corev1.StorageMediumMemory || volume.EmptyDir.SizeLimit.Cmp(resource.MustParse("12Gi")) != 0 {
				t.Errorf("the spool for 3 scans is %+v", volume.EmptyDir)
			}
		}
	}
	if limit := pod.Containers[0].Resources.Limits.Memory(); limit.Cmp(resource.MustParse("15Gi")) != 0 {
		t.Errorf("clamd has %s of memory, of which the spool takes 12Gi", limit)
	}
	gateway := pod.Containers[1]
	if gateway.Image != "registry.example/voute-server:1.4.1" || gateway.Args[len(gateway.Args)-1] != "--scans=3" {
		t.Errorf("the gateway is %s with %v", gateway.Image, gateway.Args)
	}
}
