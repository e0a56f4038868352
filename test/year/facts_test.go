package year

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/calendar"
)

const hostnameAnnotation = "external-dns.alpha.kubernetes.io/hostname"

// facts are what a server runs with and is reached by, as far as people change it
// in a year. They are read from the spec and the platform's file on one side, and
// from the Deployment and the Service on the other.
type facts struct {
	server  serverFacts
	address addressFacts
}

type serverFacts struct {
	version, image, certificate, logo, mail string
}

type addressFacts struct {
	host, annotations string
}

// wantedFacts are what somebody asks for; known is false where nobody knows the version.
func (w *world) wantedFacts(c *tenant, e *v1alpha1.Environment) (want facts, known bool) {
	version := c.file.spec.Version
	if version == "" {
		version = w.config.Server.DefaultVersion
	}
	for _, each := range w.config.Server.Images {
		if each.Version == version {
			want.server.image, known = each.Image, true
		}
	}
	want.server.version = version
	want.server.mail = w.config.Mail.CredentialsSecret
	if want.server.certificate = e.Certificate.SecretName; want.server.certificate == "" {
		want.server.certificate = fmt.Sprintf("%s-%s-tls", tenantName, e.Name)
	}
	if logo := c.file.spec.Organization.Logo; logo != nil {
		want.server.logo = logo.Name
	}
	want.address = addressFacts{host: e.Host, annotations: texts(w.config.Exposure.Annotations)}
	return want, known
}

func texts(of map[string]string) string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(of)) {
		if key != hostnameAnnotation {
			all = append(all, key+"="+of[key])
		}
	}
	return strings.Join(all, ",")
}

// runningFacts are those of a Deployment.
func runningFacts(deployment *unstructured.Unstructured) serverFacts {
	pod := fieldsIn(deployment.Object, "spec", "template", "spec")
	found := serverFacts{version: deployment.GetLabels()["app.kubernetes.io/version"]}
	for _, each := range fieldsOf(pod, "containers") {
		found.image, _, _ = unstructured.NestedString(each, "image")
	}
	for _, each := range fieldsOf(pod, "volumes") {
		secret, _, _ := unstructured.NestedString(each, "secret", "secretName")
		file, _, _ := unstructured.NestedString(each, "configMap", "name")
		switch each["name"] {
		case "tls":
			found.certificate = secret
		case "mail":
			found.mail = secret
		case "logo":
			found.logo = file
		}
	}
	return found
}

func fieldsIn(in map[string]any, path ...string) map[string]any {
	for _, name := range path {
		in, _ = in[name].(map[string]any) // nil where there is none
	}
	return in
}

func fieldsOf(in map[string]any, name string) []map[string]any {
	list, _ := in[name].([]any)
	var found []map[string]any
	for _, each := range list {
		if fields, ok := each.(map[string]any); ok {
			found = append(found, fields)
		}
	}
	return found
}

func reachedFacts(service *unstructured.Unstructured) addressFacts {
	held := service.GetAnnotations()
	own := map[string]string{}
	for key, value := range held {
		if !strings.HasPrefix(key, "sharing.voute.dev/") {
			own[key] = value
		}
	}
	return addressFacts{host: held[hostnameAnnotation], annotations: texts(own)}
}

// numbers of a version.
func numbers(version string) (found [3]int) {
	for i, part := range strings.SplitN(version, ".", 3) {
		found[i], _ = strconv.Atoi(part) // the versions of a year have three numbers
	}
	return found
}

// classOf is what a change is by the documentation: what is not only another
// last number of the version waits for maintenance windows.
func classOf(runs, want facts) calendar.Class {
	was, is := numbers(runs.server.version), numbers(want.server.version)
	same := want
	same.server.version, same.server.image = runs.server.version, runs.server.image
	switch {
	case was != is && (was[0] != is[0] || was[1] != is[1]):
		return calendar.Release
	case same != runs || (was == is && runs.server.image != want.server.image):
		return calendar.Maintenance
	case was != is:
		return calendar.Fix
	default:
		return calendar.None
	}
}

// mayFollow: never an older version, and never over one of the second numbers.
func mayFollow(runs, want facts) bool {
	was, is := numbers(runs.server.version), numbers(want.server.version)
	return slices.Compare(is[:], was[:]) >= 0 && was[0] == is[0] && is[1] <= was[1]+1
}
