package controllers_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"
)

// request is what the API server's authorization sees of one, and how an
// answer to it is wanted.
type request struct {
	verb, group, resource, namespace, name string
	metadataOnly                           bool
}

// requests are those of the operator, with their number.
type requests struct {
	lock sync.Mutex
	made map[request]int
}

func newRequests() *requests { return &requests{made: map[request]int{}} }

func (r *requests) record(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(asked *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(asked)
		if one, ok := parse(asked); ok {
			r.add(one)
			if err == nil && response.StatusCode == http.StatusCreated && one.verb == "patch" {
				one.verb = "create" // an apply that makes the object takes both rights
				r.add(one)
			}
		}
		return response, err
	})
}

func (r *requests) add(one request) {
	r.lock.Lock()
	defer r.lock.Unlock()
	r.made[one]++
}

// count is how often something was asked of an object.
func (r *requests) count(verb, resource, namespace, name string) int {
	r.lock.Lock()
	defer r.lock.Unlock()
	sum := 0
	for one, times := range r.made {
		if one.verb == verb && one.resource == resource && one.namespace == namespace && one.name == name {
			sum += times
		}
	}
	return sum
}

func (r *requests) all() []request {
	r.lock.Lock()
	defer r.lock.Unlock()
	var all []request
	for one := range r.made {
		all = append(all, one)
	}
	return all
}

// parse reads /api/v1/... and /apis/GROUP/VERSION/...; what is about no
// resource, such as discovery, needs no right.
func parse(asked *http.Request) (request, bool) {
	parts := strings.Split(strings.Trim(asked.URL.Path, "/"), "/")
	one := request{metadataOnly: strings.Contains(asked.Header.Get("Accept"), "as=PartialObjectMetadata")}
	switch {
	case parts[0] == "api" && len(parts) > 2:
		parts = parts[2:]
	case parts[0] == "apis" && len(parts) > 3:
		one.group, parts = parts[1], parts[3:]
	default:
		return one, false
	}
	if parts[0] == "namespaces" && len(parts) > 2 {
		one.namespace, parts = parts[1], parts[2:]
	}
	one.resource = parts[0]
	if len(parts) > 1 {
		one.name = parts[1]
	}
	if len(parts) > 2 {
		one.resource += "/" + parts[2]
	}
	one.verb = verbOf(asked, one.name)
	return one, true
}

func verbOf(asked *http.Request, name string) string {
	switch {
	case asked.Method == http.MethodGet && asked.URL.Query().Get("watch") != "":
		return "watch"
	case asked.Method == http.MethodGet && name == "":
		return "list"
	case asked.Method == http.MethodDelete && name == "":
		return "deletecollection"
	}
	return map[string]string{
		http.MethodGet: "get", http.MethodPost: "create", http.MethodPut: "update", http.MethodPatch: "patch", http.MethodDelete: "delete",
	}[asked.Method]
}

// unasked are rights that no request shows, each with its reason.
var unasked = map[string]string{
	"update sharingtenants/finalizers.sharing.voute.dev": "asked for by an admission plugin, OwnerReferencesPermissionEnforcement, that is not on by default",
	"patch events.events.k8s.io":                         "asked for only when an event repeats itself for some minutes",
}

// useEveryRight fails for a right of config/rbac that no scenario has used. One
// that is missing has failed them already.
func (r *requests) useEveryRight(t *testing.T) {
	all := r.all()
	for _, role := range roles(t) {
		for _, rule := range role.Rules {
			for _, each := range single(rule) {
				if _, excepted := unasked[each.String()]; !excepted && !each.isUsed(all) {
					t.Errorf("the operator may %s, and never does", each)
				}
			}
		}
	}
}

// isUsed: a watch begins with a list, but on an API server that streams the
// beginning too.
func (r right) isUsed(all []request) bool {
	if r.verb == "list" {
		return slices.ContainsFunc(all, r.allows) || right{"watch", r.group, r.resource, r.name}.isUsed(all)
	}
	return slices.ContainsFunc(all, r.allows)
}

// right is one verb on one resource, for one object or all of them.
type right struct{ verb, group, resource, name string }

// String is as in "patch pilots/status.sharing.voute.dev".
func (r right) String() string {
	return strings.TrimSpace(strings.TrimSuffix(fmt.Sprintf("%s %s.%s", r.verb, r.resource, r.group), ".") + " " + r.name)
}

func (r right) allows(one request) bool {
	return one.verb == r.verb && one.group == r.group && one.resource == r.resource && (r.name == "" || one.name == r.name)
}

func single(rule rbacv1.PolicyRule) (rights []right) {
	names := rule.ResourceNames
	if len(names) == 0 {
		names = []string{""}
	}
	for _, verb := range rule.Verbs {
		for _, group := range rule.APIGroups {
			for _, resource := range rule.Resources {
				for _, name := range names {
					rights = append(rights, right{verb, group, resource, name})
				}
			}
		}
	}
	return rights
}

func roles(t *testing.T) (roles []rbacv1.ClusterRole) {
	t.Helper()
	text, err := os.ReadFile("../config/rbac/role.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, document := range strings.Split(string(text), "---\n")[1:] {
		role := rbacv1.ClusterRole{}
		if err := yaml.Unmarshal([]byte(document), &role); err != nil {
			t.Fatal(err)
		}
		roles = append(roles, role)
	}
	if len(roles) != 3 {
		t.Fatalf("there are %d roles, want that of every namespace, of issued Secrets and of its own namespace", len(roles))
	}
	return roles
}

// cacheLittle looks at every list and watch of all scenarios: whole objects are
// asked for of our own three kinds alone, so that no cache can hold a workload,
// and Secrets are not among them, in any form.
func (r *requests) cacheLittle(t *testing.T) {
	watched := map[string]bool{}
	for _, one := range r.all() {
		ownIdentity := one.verb == "get" && one.name == "voute-operator-identity" && one.namespace == operatorNamespace
		switch {
		case one.resource == "secrets" && one.verb != "create" && one.verb != "delete" && !ownIdentity:
			t.Errorf("a Secret is read: %+v", one)
		case one.verb != "list" && one.verb != "watch":
		case one.group == "sharing.voute.dev":
		case one.resource == "pods" && one.verb == "list": // once, when a change is taken back; nothing keeps them
		case !one.metadataOnly:
			t.Errorf("whole objects of a kind that is not ours are cached: %+v", one)
		default:
			watched[one.resource] = true
		}
	}
	if len(watched) != 8 {
		t.Errorf("by their metadata are watched %v, want the eight kinds that a tenant owns", watched)
	}
}
