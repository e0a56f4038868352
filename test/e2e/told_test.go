package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/test/leak"
)

// visitorAddress is where persons come from: an address of loopback that
// nothing else uses, so that it is known again.
const visitorAddress = "127.11.12.13"

// witness keeps what the product has told of itself, and knows what it must
// not have told: the suite adds each secret and each person as it meets them.
type witness struct {
	*leak.Search

	lock sync.Mutex
	told map[string]string
	// secrets counts what only the suite could know, by what it is.
	secrets map[string]int
}

func newWitness() *witness {
	w := &witness{Search: leak.New(), told: map[string]string{}, secrets: map[string]int{}}
	w.Allow("pilot@example.org") // in the command that a tenant without a pilot shows
	w.hide("a password", password)
	w.hide("an IP address of a person", visitorAddress)
	w.hide("text of a document", marker)
	for _, name := range []string{"Camille Pilote", "Marie Tremblay"} {
		w.hide("a person's name", name)
	}
	return w
}

// hide names a secret, or what is about a person.
func (w *witness) hide(what, text string) {
	w.Add(what, text)
	w.lock.Lock()
	defer w.lock.Unlock()
	w.secrets[what]++
}

func (w *witness) hideMail(m message) {
	for _, code := range sevenDigits.FindAllString(m.Text, -1) {
		w.hide("a sign-in code", code)
	}
	for _, link := range m.Links {
		if _, token, isInvitation := strings.Cut(link, "/invitation/"); isInvitation {
			w.hide("an invitation's token", token)
		}
	}
}

func (w *witness) hideCookies(jar *cookiejar.Jar, page *url.URL) {
	for _, cookie := range jar.Cookies(page) {
		w.hide("a session's token", cookie.Value)
	}
}

func (w *witness) hear(where, text string) {
	w.lock.Lock()
	defer w.lock.Unlock()
	w.told[where] += text
}

// hearNamespace takes the servers' logs, the events and the statuses of a
// client: before it is removed, or at the end.
func (w *witness) hearNamespace(c *testCluster, namespace string) error {
	logs, err := c.tryKubectl("", "-n", namespace, "logs", "--ignore-errors", "--all-containers", "--prefix", "--tail=-1", "-l", v1alpha1.TenantLabel)
	if err != nil {
		return err
	}
	w.hear("the servers' logs", logs)
	events, err := c.tryKubectl("", "-n", namespace, "get", "events.events.k8s.io", "-o", "json")
	if err != nil {
		return err
	}
	w.hear("events", events)
	objects, err := c.tryKubectl("", "-n", namespace, "get", "sharingtenants,pilots,retentionpolicies", "-o", "json")
	if err != nil {
		return err
	}
	statuses, err := onlyStatuses(objects)
	w.hear("statuses", statuses)
	return err
}

func onlyStatuses(objects string) (string, error) {
	var list struct {
		Items []struct {
			Status json.RawMessage `json:"status"`
		} `json:"items"`
	}
	err := json.Unmarshal([]byte(objects), &list)
	var text strings.Builder
	for _, item := range list.Items {
		text.Write(append(item.Status, '\n'))
	}
	return text.String(), err
}

// hearOthers takes what is left at the end: the operator's log, the scan
// gateway's, and every client that is still there.
func (w *witness) hearOthers(c *testCluster) error {
	operator, err := c.tryKubectl("", "-n", "voute-system", "logs", "deployment/voute-operator", "--tail=-1")
	if err != nil {
		return err
	}
	w.hear("the operator's log", operator)
	namespaces, err := c.tryKubectl("", "get", "namespaces", "-l", "sharing.voute.dev/clients=true", "-o", "jsonpath={.items[*].metadata.name}")
	if err != nil {
		return err
	}
	for _, namespace := range append(strings.Fields(namespaces), "voute-system") {
		if err := w.hearNamespace(c, namespace); err != nil {
			return err
		}
	}
	gateways, err := filepath.Glob(filepath.Join(c.Logs, "scan-gateway*.log"))
	if err != nil || len(gateways) == 0 {
		return fmt.Errorf("no log of the scan gateway in %s: %w", c.Logs, err)
	}
	for _, file := range gateways {
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		w.hear("the scan gateway's log", string(content))
	}
	return nil
}

// hideCredentials names those of the product itself: the operator's key, the
// mail relay's password, and the token that Vault began with.
func (w *witness) hideCredentials(c *testCluster) error {
	own := &corev1.Secret{}
	ctx, cancel := patient()
	defer cancel()
	if err := c.kube.Get(ctx, types.NamespacedName{Namespace: "voute-system", Name: "voute-operator-identity"}, own); err != nil {
		return client.IgnoreNotFound(err)
	}
	for line := range strings.Lines(string(own.Data[corev1.TLSPrivateKeyKey])) {
		if !strings.HasPrefix(line, "-----") {
			w.hide("a line of the operator's key", line)
		}
	}
	w.hide("the mail relay's password", c.MailPassword)
	token, err := os.ReadFile(c.VaultToken)
	w.hide("Vault's first token", string(token))
	return err
}

// end searches all that was told, and makes sure that there was enough of it,
// and enough to look for.
func (w *witness) end(c *testCluster) error {
	if err := w.hideCredentials(c); err != nil {
		return err
	}
	if _, err := c.mail(""); err != nil { // which hides what every message has
		return err
	}
	if err := w.hearOthers(c); err != nil {
		return err
	}
	w.lock.Lock()
	defer w.lock.Unlock()
	var problems []error
	for _, where := range []string{"the operator's log", "the servers' logs", "events", "statuses"} {
		if len(w.told[where]) < 1000 {
			problems = append(problems, fmt.Errorf("%s have %d bytes: the search proves nothing", where, len(w.told[where])))
		}
	}
	for where, text := range w.told {
		for _, found := range w.In(where, text) {
			problems = append(problems, errors.New(found))
		}
	}
	fmt.Printf("searched %s for %v\n", sizes(w.told), w.secrets)
	return errors.Join(problems...)
}

func sizes(told map[string]string) string {
	var all []string
	for where, text := range told {
		all = append(all, fmt.Sprintf("%s (%d bytes)", where, len(text)))
	}
	return strings.Join(all, ", ")
}
