package controllers_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/identity"
	"voute.dev/voute/test/leak"
)

// search looks for every secret that the suite uses, and for the persons in it.
func (w *world) search(t *testing.T) *leak.Search {
	t.Helper()
	s := leak.New()
	s.Allow("pilot@example.org") // in the command that a tenant without a pilot shows
	for _, name := range []string{"Marie", "Personne Discrète"} {
		s.Add("a person's name", name)
	}
	own := &corev1.Secret{}
	if err := w.kube.Get(t.Context(), client.ObjectKey{Namespace: operatorNamespace, Name: identity.SecretName}, own); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{string(own.Data[corev1.TLSPrivateKeyKey]), string(w.config.KeyData)} {
		lines := strings.Split(strings.TrimSpace(key), "\n")
		if len(lines) < 3 {
			t.Fatalf("a key of %d lines", len(lines))
		}
		for _, line := range lines[1 : len(lines)-1] {
			s.Add("a line of a private key", line)
		}
	}
	return s
}

// tellsNoSecret searches all that the operator has written for people to read:
// its log, every event, and every status that there ever was.
func (w *world) tellsNoSecret(t *testing.T) {
	s := w.search(t)
	content, err := os.ReadFile(w.log)
	if err != nil {
		t.Fatal(err)
	}
	events, statuses := w.events(t), w.watcher.statuses()
	if !strings.Contains(string(content), "applied") || !strings.Contains(events, "Serving") || !strings.Contains(statuses, "Serving") {
		t.Errorf("what is searched is not what was told: a log of %d bytes, %d of events, %d of statuses", len(content), len(events), len(statuses))
	}
	for where, text := range map[string]string{"the operator's log": string(content), "the events": events, "the statuses": statuses} {
		for i, found := range s.In(where, text) {
			if i == 20 {
				t.Error("and more")
				break
			}
			t.Error(found)
		}
	}
}

// events are the texts of all events, one a line.
func (w *world) events(t *testing.T) string {
	t.Helper()
	list := &eventsv1.EventList{}
	if err := w.kube.List(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, each := range list.Items {
		each.ManagedFields = nil
		line, err := json.Marshal(each)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(append(line, '\n'))
	}
	return text.String()
}

// told are our kinds whose statuses are searched.
func told() []client.ObjectList {
	return []client.ObjectList{&v1alpha1.SharingTenantList{}, &v1alpha1.PilotList{}, &v1alpha1.RetentionPolicyList{}}
}

// statuses are those of all objects of our kinds in a namespace.
func (w *world) statuses(t *testing.T, namespace string) string {
	t.Helper()
	var text strings.Builder
	for _, list := range told() {
		err := w.kube.List(t.Context(), list, client.InNamespace(namespace))
		if err == nil {
			err = meta.EachListItem(list, func(item runtime.Object) error {
				line, err := statusLine(item)
				text.Write(line)
				return err
			})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return text.String()
}

// statusLine is the status of an object of our kinds, as one line.
func statusLine(object runtime.Object) ([]byte, error) {
	var status any
	switch o := object.(type) {
	case *v1alpha1.SharingTenant:
		status = o.Status
	case *v1alpha1.Pilot:
		status = o.Status
	case *v1alpha1.RetentionPolicy:
		status = o.Status
	default:
		return nil, fmt.Errorf("nobody looks for the status of a %T", object)
	}
	line, err := json.Marshal(status)
	return append(line, '\n'), err
}
