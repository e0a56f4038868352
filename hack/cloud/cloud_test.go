package cloud

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
)

// greet returns the host name that the greeting of a client for that server
// name is read as, and the bytes that were read.
func greet(t *testing.T, serverName string) (string, []byte) {
	t.Helper()
	client, server := net.Pipe()
	defer client.Close()
	defer server.Close()
	go tls.Client(client, &tls.Config{ServerName: serverName, InsecureSkipVerify: true}).Handshake()
	_ = server.SetReadDeadline(time.Now().Add(5 * time.Second))
	host, read, err := readGreeting(server)
	if err != nil {
		t.Fatal(err)
	}
	return host, read
}

func TestGreetingNamesItsHostAndIsKeptWhole(t *testing.T) {
	host, read := greet(t, "partage.justice.localhost")
	if host != "partage.justice.localhost" {
		t.Errorf("host = %q", host)
	}
	// The bytes, read once more, are the same greeting: nothing is lost.
	again, _, err := readGreeting(bytes.NewReader(read))
	if err != nil || again != host {
		t.Errorf("second reading: %q, %v", again, err)
	}
}

func TestWhatIsNoGreetingIsRefused(t *testing.T) {
	if _, _, err := readGreeting(bytes.NewReader([]byte("GET / HTTP/1.1\r\n\r\n"))); err == nil {
		t.Error("plain HTTP was taken for TLS")
	}
}

func service(name, ip, hosts string, age time.Duration) *corev1.Service {
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Namespace: "ns", CreationTimestamp: metav1.NewTime(time.Now().Add(-age)),
			Annotations: map[string]string{AnnotationHostname: hosts},
		},
		Spec: corev1.ServiceSpec{Type: corev1.ServiceTypeLoadBalancer, ClusterIP: ip, Ports: []corev1.ServicePort{
			{Name: "http", Port: 80}, {Name: "https", Port: 8443},
		}},
	}
}

func TestRoutes(t *testing.T) {
	internal := service("internal", "10.96.0.9", "internal.localhost", time.Hour)
	internal.Spec.Type = corev1.ServiceTypeClusterIP
	var routes Routes
	table := routesOf([]*corev1.Service{
		service("young", "10.96.0.2", "a.localhost", time.Minute),
		service("old", "10.96.0.1", "A.localhost, b.localhost", time.Hour),
		service("nameless", "10.96.0.3", "", time.Hour),
		internal,
	})
	routes.table.Store(&table)
	for host, want := range map[string]string{
		"a.localhost": "10.96.0.1", "B.LOCALHOST": "10.96.0.1", "b.localhost.": "10.96.0.1", "internal.localhost": "", "": "",
	} {
		backend := Backend{}
		if want != "" {
			backend = Backend{HTTPS: want + ":8443", HTTP: want + ":80"}
		}
		if got, _ := routes.Find(host); got != backend {
			t.Errorf("%q leads to %q, want %q", host, got, backend)
		}
	}
}

func TestBalancedServiceGetsItsAddressAndLosesIt(t *testing.T) {
	s := service("s", "10.96.0.1", "a.localhost", 0)
	client := fake.NewClientset(s)
	balancer := Balancer{Client: client, Routes: &Routes{}}
	balancer.Reconcile(t.Context(), Seen{Services: []*corev1.Service{s}})
	s, _ = client.CoreV1().Services("ns").Get(t.Context(), "s", metav1.GetOptions{})
	if got := s.Status.LoadBalancer.Ingress; len(got) != 1 || got[0].IP != "127.0.0.1" {
		t.Fatalf("address = %+v", got)
	}
	writes := len(client.Actions())
	balancer.Reconcile(t.Context(), Seen{Services: []*corev1.Service{s}})
	if len(client.Actions()) != writes {
		t.Error("an unchanged Service was written again")
	}
	s.Spec.Type = corev1.ServiceTypeClusterIP
	balancer.Reconcile(t.Context(), Seen{Services: []*corev1.Service{s}})
	s, _ = client.CoreV1().Services("ns").Get(t.Context(), "s", metav1.GetOptions{})
	if len(s.Status.LoadBalancer.Ingress) != 0 {
		t.Error("a Service that is no load balancer any more keeps its address")
	}
}

type volumesFixture struct {
	Volumes
	claim *corev1.PersistentVolumeClaim
}

func newVolumes(t *testing.T) volumesFixture {
	t.Helper()
	class := "voute-local"
	claim := &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: "data", Namespace: "ns", UID: "u1"},
		Spec: corev1.PersistentVolumeClaimSpec{
			StorageClassName: &class,
			AccessModes:      []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOncePod},
			Resources:        corev1.VolumeResourceRequirements{Requests: size("2G")},
		},
	}
	return volumesFixture{Volumes{Client: fake.NewClientset(claim), Node: "n", Dir: t.TempDir()}, claim}
}

func size(text string) corev1.ResourceList {
	return corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(text)}
}

func (f volumesFixture) reconcile(t *testing.T, volumes ...*corev1.PersistentVolume) {
	t.Helper()
	seen := Seen{
		Classes: map[string]Class{"voute-local": {Name: "voute-local", ReclaimPolicy: corev1.PersistentVolumeReclaimDelete}},
		Claims:  []*corev1.PersistentVolumeClaim{f.claim}, Volumes: volumes,
	}
	for _, err := range f.Reconcile(t.Context(), seen) {
		t.Fatal(err)
	}
}

func (f volumesFixture) volume(t *testing.T) *corev1.PersistentVolume {
	t.Helper()
	volume, err := f.Client.CoreV1().PersistentVolumes().Get(context.Background(), "pvc-u1", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return volume
}

func TestClaimGetsAVolumeInAFolderOfItsOwn(t *testing.T) {
	f := newVolumes(t)
	f.reconcile(t)
	f.reconcile(t) // a second look before the claim is bound
	volume := f.volume(t)
	if info, err := os.Stat(volume.Spec.Local.Path); err != nil || info.Mode().Perm()&0o007 != 0 {
		t.Errorf("folder: %v, %v; want one closed to others", info, err)
	}
	if volume.Spec.ClaimRef.UID != "u1" || volume.Spec.AccessModes[0] != corev1.ReadWriteOncePod {
		t.Errorf("volume = %+v", volume.Spec)
	}
}

func TestClaimOfAnotherClassIsLeftAlone(t *testing.T) {
	f := newVolumes(t)
	other := "other"
	f.claim.Spec.StorageClassName = &other
	f.reconcile(t)
	if list, _ := f.Client.CoreV1().PersistentVolumes().List(t.Context(), metav1.ListOptions{}); len(list.Items) != 0 {
		t.Error("a volume was made")
	}
}

func TestVolumeGrowsAndNeverShrinks(t *testing.T) {
	f := newVolumes(t)
	f.reconcile(t)
	f.claim.Status.Phase, f.claim.Status.Capacity = corev1.ClaimBound, size("2G")
	f.claim.Spec.VolumeName = "pvc-u1"
	f.claim.Spec.Resources.Requests = size("5G")
	f.reconcile(t, f.volume(t))
	if got := f.volume(t).Spec.Capacity[corev1.ResourceStorage]; got.String() != "5G" {
		t.Errorf("capacity = %s, want 5G", got.String())
	}
	claim, _ := f.Client.CoreV1().PersistentVolumeClaims("ns").Get(t.Context(), "data", metav1.GetOptions{})
	if got := claim.Status.Capacity[corev1.ResourceStorage]; got.String() != "5G" {
		t.Errorf("the claim shows %s, want 5G", got.String())
	}
	f.claim.Spec.Resources.Requests = size("1G")
	f.reconcile(t, f.volume(t))
	if got := f.volume(t).Spec.Capacity[corev1.ResourceStorage]; got.String() != "5G" {
		t.Errorf("the volume shrank to %s", got.String())
	}
}

func TestReleasedVolumeGoesWithItsFolder(t *testing.T) {
	f := newVolumes(t)
	f.reconcile(t)
	volume := f.volume(t)
	f.claim.Spec.VolumeName = volume.Name
	volume.Status.Phase = corev1.VolumeReleased
	f.reconcile(t, volume)
	if _, err := os.Stat(volume.Spec.Local.Path); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
	_, err := f.Client.CoreV1().PersistentVolumes().Get(t.Context(), volume.Name, metav1.GetOptions{})
	if !apierrors.IsNotFound(err) {
		t.Errorf("the volume is still there: %v", err)
	}
}

func TestRetainedVolumeStays(t *testing.T) {
	f := newVolumes(t)
	f.reconcile(t)
	volume := f.volume(t)
	f.claim.Spec.VolumeName = volume.Name
	volume.Status.Phase = corev1.VolumeReleased
	volume.Spec.PersistentVolumeReclaimPolicy = corev1.PersistentVolumeReclaimRetain
	f.reconcile(t, volume)
	if _, err := os.Stat(volume.Spec.Local.Path); err != nil {
		t.Error(err)
	}
}

func TestFolderOutsideIsNeverRemoved(t *testing.T) {
	f := newVolumes(t)
	f.reconcile(t)
	volume := f.volume(t)
	outside := filepath.Join(t.TempDir(), "keep")
	if err := os.Mkdir(outside, 0o755); err != nil {
		t.Fatal(err)
	}
	volume.Spec.Local.Path = outside
	if err := f.remove(t.Context(), volume); err == nil {
		t.Error("a folder outside was accepted")
	}
	if _, err := os.Stat(outside); err != nil {
		t.Error(err)
	}
}
