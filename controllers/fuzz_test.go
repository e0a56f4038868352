package controllers_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/test/hostile"
)

// campaign sends hostile input through real admission to the running operator.
type campaign struct {
	*world
	kinds  map[string]*hostile.Kind
	client *http.Client
	// soak tries all that admission lets through one by one, and more mixtures.
	soak bool
	// sent counts what was sent, so that names differ.
	sent int
}

// attempt is a document with something hostile in it.
type attempt struct {
	kind      *hostile.Kind
	document  map[string]any
	variant   int
	mutations []hostile.Mutation
}

func (a attempt) String() string { return fmt.Sprintf("%s with %v", a.kind.Name, a.mutations) }

// mixtures are how many random documents are sent; soaking, how many more.
const (
	mixtures     = 24
	soakMixtures = 2000
)

// hostileInput: admission refuses with a message that names the field; what it
// lets through leads the operator to a defined end, and then to rest.
func (w *world) hostileInput(t *testing.T) {
	c := newCampaign(t, w)
	accepted := map[string][]attempt{}
	for _, name := range []string{"SharingTenant", "Pilot", "RetentionPolicy"} {
		accepted[name] = c.probe(t, c.singles(t, c.kinds[name]))
	}
	c.everyFieldIsBothAcceptedAndRefused(t, accepted)
	for name, attempts := range accepted {
		if !c.soak {
			attempts = pack(attempts)
		}
		t.Logf("%s: %d documents for the operator", name, len(attempts))
		c.run(t, attempts)
	}
	mixed := c.mixed(t, accepted)
	for name := range accepted { // a wave of Pilots has a tenant of theirs
		c.run(t, slices.DeleteFunc(slices.Clone(mixed), func(a attempt) bool { return a.kind.Name != name }))
	}
	c.liveTenantSurvives(t, accepted["SharingTenant"])
	if c.soak {
		fmt.Printf("SOAK hostile.documents=%d let through to the running operator\n", c.sent)
	}
}

func newCampaign(t *testing.T, w *world) *campaign {
	t.Helper()
	c := &campaign{world: w, kinds: map[string]*hostile.Kind{}, soak: os.Getenv("VOUTE_SOAK") == "1"}
	files, err := filepath.Glob("../config/crd/bases/*.yaml")
	if err != nil || len(files) != 3 {
		t.Fatalf("%d kinds: %v", len(files), err)
	}
	for _, file := range files {
		kind, err := hostile.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		c.kinds[kind.Name] = kind
	}
	if c.client, err = rest.HTTPClientFor(w.api.Config); err != nil {
		t.Fatal(err)
	}
	return c
}

// singles are all mutations of a kind, one in a document.
func (c *campaign) singles(t *testing.T, kind *hostile.Kind) []attempt {
	t.Helper()
	documents, err := kind.Documents()
	if err != nil {
		t.Fatal(err)
	}
	own := map[string]string{v1alpha1.TenantLabel: "another", v1alpha1.EnvironmentLabel: "production", v1alpha1.DestroyAnnotation: "another"}
	var all []attempt
	tried := map[string]bool{}
	for i, document := range documents {
		mutations := slices.DeleteFunc(kind.Mutations(document), func(m hostile.Mutation) bool { return tried[m.Field] })
		for _, mutation := range mutations {
			tried[mutation.Field] = true
		}
		if i == 0 {
			mutations = append(mutations, hostile.Metadata(own, []string{v1alpha1.TenantFinalizer, v1alpha1.InUseFinalizer})...)
		}
		for _, mutation := range mutations {
			all = append(all, attempt{kind: kind, document: document, variant: i, mutations: []hostile.Mutation{mutation}})
		}
	}
	return all
}

// probe asks admission about each, and gives those that it lets through.
func (c *campaign) probe(t *testing.T, attempts []attempt) (accepted []attempt) {
	t.Helper()
	var lock sync.Mutex
	var asked sync.WaitGroup
	next := make(chan attempt)
	for range 8 {
		asked.Go(func() {
			for each := range next {
				status, message, _ := c.send(t, http.MethodPost, each, "default", "a-name", "&dryRun=All")
				if status == http.StatusCreated {
					lock.Lock()
					accepted = append(accepted, each)
					lock.Unlock()
				} else if err := explains(each, status, message); err != nil {
					t.Errorf("%s: %v", each, err)
				}
			}
		})
	}
	for _, each := range attempts {
		next <- each
	}
	close(next)
	asked.Wait()
	slices.SortFunc(accepted, func(a, b attempt) int { return strings.Compare(a.String(), b.String()) })
	t.Logf("%s: %d documents, %d are let through", attempts[0].kind.Name, len(attempts), len(accepted))
	return accepted
}

// send makes an object of an attempt, for real or not, and gives the answer
// with the name of the object.
func (c *campaign) send(t *testing.T, method string, each attempt, namespace, name, query string) (status int, message, made string) {
	t.Helper()
	body, err := json.Marshal(hostile.Apply(each.document, each.mutations...))
	if err != nil {
		t.Fatal(err)
	}
	body = bytes.ReplaceAll(bytes.ReplaceAll(body, []byte("NAMESPACE"), []byte(namespace)), []byte("NAME"), []byte(name))
	address := fmt.Sprintf("%s/apis/sharing.voute.dev/v1alpha1/namespaces/%s/%s", strings.TrimSuffix(c.api.Config.Host, "/"), namespace, each.kind.Plural)
	if method != http.MethodPost {
		address += "/" + name
	}
	request, err := http.NewRequestWithContext(t.Context(), method, address+"?fieldValidation=Strict"+query, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", map[string]string{http.MethodPost: "application/json", http.MethodPatch: "application/merge-patch+json"}[method])
	response, err := c.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var told struct {
		Message  string            `json:"message"`
		Metadata metav1.ObjectMeta `json:"metadata"`
	}
	_ = json.Unmarshal(answer, &told) // what is no JSON has no message, and fails the caller
	return response.StatusCode, told.Message, told.Metadata.Name
}

// explains: a refusal names a field, and is nobody's fault but the sender's.
func explains(each attempt, status int, message string) error {
	if status < 400 || status >= 500 {
		return fmt.Errorf("the API server answers %d: %s", status, message)
	}
	for _, mutation := range each.mutations {
		around, text := mutation.Around(), mutation.Text()
		switch {
		case strings.Contains(message, mutation.Field), strings.Contains(message, lastName(mutation)):
			return nil
		case strings.Contains(message, around+":"), around != "spec" && strings.Contains(message, around+"."):
			return nil // a field beside it is wrong now
		case namesAround(message, mutation.Field):
			return nil // nothing is left of what it was part of
		case mutation.Path[0] == "metadata" && text != "" && strings.Contains(message, text):
			return nil // of what it cannot decode, the API server names the value
		}
	}
	return fmt.Errorf("the refusal does not name the field: %s", message)
}

// namesAround: a message names something below spec that a field is part of.
func namesAround(message, field string) bool {
	for strings.Count(field, ".") > 1 {
		field = field[:strings.LastIndexAny(field, ".[")]
		if strings.Contains(message, " "+field+":") {
			return true
		}
	}
	return false
}

// lastName is the innermost name of a mutation's path.
func lastName(mutation hostile.Mutation) string {
	for _, step := range slices.Backward(mutation.Path) {
		if name, ok := step.(string); ok {
			return name
		}
	}
	return mutation.Field
}

// everyFieldIsBothAcceptedAndRefused: of a field of which nothing, or
// everything, is let through, nothing was tried.
func (c *campaign) everyFieldIsBothAcceptedAndRefused(t *testing.T, accepted map[string][]attempt) {
	t.Helper()
	for name, kind := range c.kinds {
		count := map[string]int{}
		for _, each := range accepted[name] {
			count[each.mutations[0].Field]++
		}
		all := map[string]int{}
		for _, each := range c.singles(t, kind) {
			all[each.mutations[0].Field]++
		}
		for _, field := range kind.Fields {
			path, leaf := field.String(), field.IsLeaf()
			if all[path] == 0 || count[path] == all[path] || (leaf && count[path] == 0) {
				t.Errorf("%s: %s: %d documents, %d let through", name, path, all[path], count[path])
			}
		}
	}
}

// fatal are fields whose odd values keep a client from being served at all, so
// that nothing else could be seen beside them.
var fatal = []string{"spec.retentionPolicyRef.name", "spec.version", "spec.tenantRef.name"}

// pack puts mutations of different leaves of one document together, so that
// each is tried once and documents are few.
func pack(attempts []attempt) (packed []attempt) {
	sets := map[string][]*attempt{}
	for _, each := range attempts {
		mutation := each.mutations[0]
		if (mutation.Text() == "" && mutation.Path[0] == "spec") || slices.Contains(fatal, mutation.Field) {
			packed = append(packed, each)
			continue
		}
		key := fmt.Sprint(each.kind.Name, each.variant)
		free := slices.IndexFunc(sets[key], func(a *attempt) bool {
			return !slices.ContainsFunc(a.mutations, func(m hostile.Mutation) bool { return m.Field == mutation.Field })
		})
		if free < 0 {
			sets[key] = append(sets[key], &each)
			continue
		}
		sets[key][free].mutations = append(sets[key][free].mutations, mutation)
	}
	for _, set := range sets {
		for _, each := range set {
			packed = append(packed, *each)
		}
	}
	return packed
}

// mixed puts random mutations together: most of them such as are let through
// alone, so that some of the mixtures are.
func (c *campaign) mixed(t *testing.T, accepted map[string][]attempt) []attempt {
	t.Helper()
	number, seed := mixtures, uint64(time.Now().UnixNano())
	if c.soak {
		number = soakMixtures
	}
	t.Logf("the seed of the mixtures is %d", seed)
	random := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // it is for tests
	var all []attempt
	for range number {
		name := []string{"SharingTenant", "SharingTenant", "Pilot", "RetentionPolicy"}[random.IntN(4)]
		pool, every := accepted[name], c.singles(t, c.kinds[name])
		mixture := attempt{kind: c.kinds[name], document: pool[random.IntN(len(pool))].document}
		for range 2 + random.IntN(4) {
			from := pool
			if random.IntN(10) == 0 {
				from = every
			}
			mixture.mutations = append(mixture.mutations, from[random.IntN(len(from))].mutations...)
		}
		all = append(all, mixture)
	}
	return all
}

// end says why an object has not come to a defined end: Ready, or Stalled with
// a sentence that names what was hostile.
func end(object metav1.Object, all []metav1.Condition, observed int64, mutations []hostile.Mutation) error {
	ready, stalled := meta.FindStatusCondition(all, v1alpha1.ReadyCondition), meta.FindStatusCondition(all, v1alpha1.StalledCondition)
	switch {
	case observed != object.GetGeneration() || ready == nil:
		return fmt.Errorf("it was not looked at")
	case slices.Contains([]string{"Failed", "Rejected", "Forbidden", "KindMissing"}, ready.Reason):
		return fmt.Errorf("nobody foresaw it: %s: %s", ready.Reason, ready.Message)
	case ready.Status == metav1.ConditionTrue:
		return nil
	case stalled == nil:
		return fmt.Errorf("it is neither ready nor stalled: %s: %s", ready.Reason, ready.Message)
	}
	for _, mutation := range mutations {
		if text := mutation.Text(); (text != "" && strings.Contains(stalled.Message, text)) || strings.Contains(stalled.Message, lastName(mutation)) {
			return nil
		}
	}
	return fmt.Errorf("it is stalled, and does not say what is wrong: %s: %s", stalled.Reason, stalled.Message)
}
