package e2e

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// team is the namespace of the accounts that look after all clients.
const team = "voute-support"

// pluginBuild is kubectl-voute while it is built, which takes its time beside what
// the test does until it needs it.
type pluginBuild struct {
	folder string
	done   chan error
}

func startPluginBuild(t *testing.T) *pluginBuild {
	t.Helper()
	b := &pluginBuild{folder: t.TempDir(), done: make(chan error, 1)}
	command := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(b.folder, "kubectl-voute"), "voute.dev/voute/cmd/kubectl-voute")
	go func() {
		said, err := command.CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%w: %s", err, said)
		}
		b.done <- err
	}()
	return b
}

// supporter is somebody of the team that looks after all clients, with the rights
// that docs/kubectl.md gives to it and no others.
type supporter struct {
	t                  *testing.T
	folder, kubeconfig string
}

func newSupporter(t *testing.T, built *pluginBuild) *supporter {
	t.Helper()
	if err := <-built.done; err != nil {
		t.Fatalf("build kubectl-voute: %v", err)
	}
	cluster.kubectl(t, "", "create", "namespace", team)
	t.Cleanup(func() { cluster.kubectl(t, "", "delete", "namespace", team, "--timeout=60s") })
	cluster.kubectl(t, "", "create", "serviceaccount", "-n", team, "support")
	for _, words := range documentedBindings(t) {
		cluster.kubectl(t, "", words...)
		t.Cleanup(func() { cluster.kubectl(t, "", unbound(words)...) })
	}
	return &supporter{t: t, folder: built.folder, kubeconfig: accountKubeconfig(t, team, "support")}
}

// documentedBindings are the commands of docs/kubectl.md that give the rights, for the
// accounts of the team in place of the group.
func documentedBindings(t *testing.T) (all [][]string) {
	t.Helper()
	content, err := os.ReadFile("../../docs/kubectl.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range regexp.MustCompile(`(?m)^    kubectl (create (?:cluster)?rolebinding .*) --group=support$`).FindAllStringSubmatch(string(content), -1) {
		all = append(all, append(strings.Fields(found[1]), "--group=system:serviceaccounts:"+team))
	}
	if len(all) != 4 {
		t.Fatalf("docs/kubectl.md has %d commands that give rights to the group support, want 4: %v", len(all), all)
	}
	return all
}

// unbound takes a binding away again.
func unbound(words []string) []string {
	undone := []string{"delete", "--ignore-not-found"}
	for _, word := range words[1:] {
		if !strings.HasPrefix(word, "--") {
			undone = append(undone, word)
		}
	}
	return undone
}

// voute runs a command as people type it, and gives what it shows.
func (s *supporter) voute(args ...string) string {
	s.t.Helper()
	out, err := s.try(args...)
	if err != nil {
		s.t.Fatalf("kubectl voute %s: %v", strings.Join(args, " "), err)
	}
	return out
}

func (s *supporter) try(args ...string) (string, error) {
	command := exec.Command(cluster.Kubectl, append([]string{"voute"}, args...)...)
	command.Env = []string{"KUBECONFIG=" + s.kubeconfig, "HOME=" + s.folder, "PATH=" + s.folder + ":" + os.Getenv("PATH")}
	var complaints bytes.Buffer
	command.Stderr = &complaints
	out, err := command.Output()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, complaints.String())
	}
	return string(out), err
}

// looksAfter goes through what the team asks of clients that are ready.
func (s *supporter) looksAfter(clients []*tenant) {
	s.t.Helper()
	began := time.Now()
	s.seesStatus(clients)
	s.seesWindows(clients[0])
	s.seesBills(clients)
	s.asksTheDoctor()
	s.t.Logf("kubectl voute: %s", time.Since(began).Round(time.Second))
}

func (s *supporter) seesStatus(clients []*tenant) {
	s.t.Helper()
	table := s.voute("status", "-A")
	for _, client := range clients {
		if !regexp.MustCompile(`(?m)^` + client.name + ` +` + client.name + ` +True +`).MatchString(table) {
			s.t.Errorf("the table does not say that %s is ready:\n%s", client.name, table)
		}
	}
	client := clients[0]
	page := s.voute("status", "-n", client.name, client.name)
	for _, want := range []string{client.name + "/" + client.name + ": Organisme " + client.name, client.address(), "of 20 GB", "(3500.00 a year, before taxes) for 20 GB allocated"} {
		if !strings.Contains(page, want) {
			s.t.Errorf("the page does not say %q:\n%s", want, page)
		}
	}
}

func (s *supporter) seesWindows(client *tenant) {
	s.t.Helper()
	for whose, args := range map[string][]string{
		"Changes of the platform start by the clocks of America/Toronto":                            {"windows", "--next", "1"},
		"Changes of " + client.name + "/" + client.name + " start by the clocks of America/Toronto": {"windows", "--next", "1", "-n", client.name, client.name},
	} {
		page := s.voute(args...)
		for _, want := range []string{whose, "fix: business hours", "release, maintenance: maintenance windows"} {
			if !strings.Contains(page, want) {
				s.t.Errorf("kubectl voute %s does not say %q:\n%s", strings.Join(args, " "), want, page)
			}
		}
	}
}

// seesBills: each client is billed, and the rows of every form sum to what its
// statement says.
func (s *supporter) seesBills(clients []*tenant) {
	s.t.Helper()
	month := s.billedMonth(clients)
	for format, columns := range map[string][2]string{"csv": {"tenant", "amount"}, "focus": {"BillingAccountId", "BilledCost"}} {
		sums := sumsOf(s.t, s.voute("bill", "-A", "--month", month, "-o", format), columns[0], columns[1])
		for _, client := range clients {
			whose := client.name
			if format == "focus" {
				whose = client.name + "/" + client.name
			}
			total := cluster.kubectl(s.t, "", "get", "billingstatement", "-n", "voute-system", client.name+"."+client.name+"."+month, "-o", "jsonpath={.amounts.total}")
			if sum := sums[whose]; sum == nil || sum.FloatString(2) != total || total == "0.00" {
				s.t.Errorf("the rows of %s sum to %v in %s, and the statement to %s", client.name, sum, format, total)
			}
		}
	}
	table := s.voute("bill", "-n", clients[0].name, "--month", month)
	for _, want := range []string{"Subscription, 20 GB", " CAD before taxes.", "1 of 1 statements open"} {
		if !strings.Contains(table, want) {
			s.t.Errorf("the bill of %s does not say %q:\n%s", clients[0].name, want, table)
		}
	}
}

// billedMonth waits until all clients are billed, and gives the month of their
// statements.
func (s *supporter) billedMonth(clients []*tenant) (month string) {
	s.t.Helper()
	eventually(s.t, 15*time.Second, "all clients are billed", func(ctx context.Context) error {
		for _, client := range clients {
			got, err := client.get(ctx)
			if err != nil {
				return err
			}
			if got.Status.Billing == nil || got.Status.Billing.MonthTotal == "" {
				return fmt.Errorf("%s: %+v", client.name, got.Status.Billing)
			}
			month = got.Status.Billing.Month
		}
		return nil
	})
	return month
}

// sumsOf adds up a column for each name in another one.
func sumsOf(t *testing.T, text, name, amount string) map[string]*big.Rat {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("%d rows, %v: %s", len(rows), err, text)
	}
	whose, column := slices.Index(rows[0], name), slices.Index(rows[0], amount)
	if whose < 0 || column < 0 {
		t.Fatalf("no column %s or %s in %v", name, amount, rows[0])
	}
	sums := map[string]*big.Rat{}
	for _, row := range rows[1:] {
		each, ok := new(big.Rat).SetString(row[column])
		if !ok {
			t.Fatalf("%s is %q", amount, row[column])
		}
		if sums[row[whose]] == nil {
			sums[row[whose]] = new(big.Rat)
		}
		sums[row[whose]].Add(sums[row[whose]], each)
	}
	return sums
}

// asksTheDoctor: what a local cluster has as a production one does is well. Its
// scanner and mail relay are not reached from here, and its storage is what it is.
func (s *supporter) asksTheDoctor() {
	s.t.Helper()
	vault, err := url.Parse(cluster.VaultAddress)
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := s.try("doctor", "-o", "json", "--vault-through", vault.Host)
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	var told struct {
		Findings []struct{ Check, Level, Says, Next string } `json:"findings"`
	}
	if err := json.Unmarshal([]byte(out), &told); err != nil {
		s.t.Fatalf("%v: %s", err, out)
	}
	said := map[string]string{}
	for _, f := range told.Findings {
		said[f.Check] += f.Level + ": " + f.Says + "\n"
	}
	for check, wants := range map[string][]string{
		"kubernetes":             {"ok: Kubernetes "},
		"cert-manager":           {"ok: cert-manager's kinds are there."},
		"kinds and admission":    {"kinds and admission policies are those of version"},
		"operator":               {"ok: The operator runs."},
		"platform configuration": {"ok: ConfigMap voute-system/voute-platform can be read."},
		"vault":                  {"is reached by TLS, with a certificate that is trusted, and is unsealed.", "ok: Vault knows the role voute-operator", "ok: Vault knows the role voute-server"},
	} {
		for _, want := range wants {
			if !strings.Contains(said[check], want) || strings.Contains(said[check], "fail: ") || strings.Contains(said[check], "You may not look at") {
				s.t.Errorf("the doctor says of %s:\n%swant: %s", check, said[check], want)
			}
		}
	}
}
