package config

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

const whole = "testdata/whole.yaml"

var quiet = slog.New(slog.DiscardHandler)

func text(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestDefaults(t *testing.T) {
	c, err := Parse([]byte(text(t)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Listen{HTTPS: ":8443", HTTP: ":8080", Status: ":8444"}, c.Listen); diff != "" {
		t.Error(diff)
	}
	if c.Storage.MaxDocumentBytes != 2_000_000_000 || time.Duration(c.Scanner.Deadline) != 36*time.Hour || c.Organization.NameEn != "Ministère" {
		t.Errorf("%+v", c)
	}
	if c.Location().String() != "America/Toronto" {
		t.Errorf("the zone is %s", c.Location())
	}
	want := Retention{
		DefaultDays: 30, MinDays: 1, MaxDays: 90, SenderMayChoose: new(true), AfterLastDownload: "Keep", AfterLastDownloadDays: 1,
		JournalDays: 400, Bucket: "Day", ApplyShortening: "FromNowOn",
	}
	if diff := cmp.Diff(want, c.Retention); diff != "" {
		t.Error(diff)
	}
}

func TestShutdown(t *testing.T) {
	for _, c := range []struct {
		written        Shutdown
		settle, drain  time.Duration
		longestOfAll   time.Duration
		writtenAsEmpty bool
	}{
		{Shutdown{}, 5 * time.Second, 2 * time.Minute, 140 * time.Second, true},
		{Shutdown{SettleSeconds: new(0), DrainSeconds: new(0)}, 0, 0, 15 * time.Second, false},
		{Shutdown{DrainSeconds: new(600)}, 5 * time.Second, 10 * time.Minute, 620 * time.Second, false},
	} {
		if c.written.Settle() != c.settle || c.written.Drain() != c.drain || c.written.Longest() != c.longestOfAll {
			t.Errorf("%+v: %s, %s, together %s", c.written, c.written.Settle(), c.written.Drain(), c.written.Longest())
		}
		text, err := yaml.Marshal(Config{Shutdown: c.written})
		if err != nil || strings.Contains(string(text), "shutdown") == c.writtenAsEmpty {
			t.Errorf("%+v is written as %s (%v)", c.written, text, err)
		}
	}
}

// TestWrittenAsRead holds the writer of the file, the operator, to its reader.
func TestWrittenAsRead(t *testing.T) {
	c, err := Parse([]byte(text(t)))
	if err != nil {
		t.Fatal(err)
	}
	written, err := yaml.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(written)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, again); diff != "" {
		t.Error(diff)
	}
}

func TestMistakesAreNamed(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"environment: production", "environment: test", `environment: is "test"`},
		{"timeZone: America/Toronto", "timeZone: Mars/Phobos", "timeZone"},
		{"address: https://partage.test", "address: http://partage.test", "address: is"},
		{"address: https://partage.test", "address: https://partage.test/path", "without a path"},
		{"certificateFile: tls.crt", "certificateFile: ''", "tls.certificateFile"},
		{"- 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "- abc", "operator.publicKeys[0]"},
		{"nameFr: Ministère", "nameFr: ''", "organization.nameFr"},
		{"supportEmail: aide@partage.test", "supportEmail: aide", "organization.supportEmail"},
		{"id: marie", "id: ''", "pilots[0].id"},
		{"id: jean", "id: marie", "pilots[1].id"},
		{"email: jean@partage.test", "email: MARIE@partage.test", "pilots[1].email"},
		{"email: marie@partage.test", "email: Marie <marie@partage.test>", "pilots[0].email"},
		{"language: fr", "language: de", "pilots[0].language"},
		{"minDays: 1", "minDays: 0", "retention.minDays"},
		{"minDays: 1", "minDays: 31", "ascending"},
		{"defaultDays: 30", "defaultDays: 91", "ascending"},
		{"maxDays: 90", "maxDays: 4000", "retention.maxDays"},
		{"journalDays: 400", "journalDays: 89", "retention.journalDays"},
		{"maxDays: 90", "maxDays: 90\n  bucket: Month", "write Day or Week"},
		{"maxDays: 90", "maxDays: 90\n  afterLastDownload: Archive", "write Keep or Delete"},
		{"maxDays: 90", "maxDays: 90\n  afterLastDownloadDays: -1", "retention.afterLastDownloadDays"},
		{"maxDays: 90", "maxDays: 90\n  applyShortening: All", "write FromNowOn or ToAll"},
		{"directory: /data", "directory: ''", "storage.directory"},
		{"quotaBytes: 20000000000", "quotaBytes: 0", "storage.quotaBytes"},
		{"quotaBytes: 20000000000", "quotaBytes: 1\n  maxDocumentBytes: 2000000001", "storage.maxDocumentBytes"},
		{"address: https://vault.test:8200", "address: ''", "keys.vault.address"},
		{"role: voute-server", "role: ''", "together"},
		{"role: voute-server", "tokenFile: /token", "either"},
		{"address: clamd.test:3311", "address: ''", "scanner"},
		{"keyFile: scan.key", "keyFile: ''", "scanner"},
		{"deadline: 36h", "deadline: 36", "not a duration"},
		{"deadline: 36h", "deadline: -1h", "scanner.deadline"},
		{"scans: 3", "scans: 65", "scanner.scans"},
		{"spoolBytes: 8000000000", "spoolBytes: 1999999999", "scanner.spoolBytes"},
		{"quarantineDays: 14", "quarantineDays: -1", "scanner.quarantineDays"},
		{"journalDays: 400", "journalDays: -1", "retention.journalDays"},
		{"blockedExtensions: [exe, tar.gz]", "blockedExtensions: [.exe]", "uploads.blockedExtensions"},
		{"blockedTypes: [application/x-sh, video/*]", "blockedTypes: [shell]", "uploads.blockedTypes"},
		{"security: starttls", "security: ssl", "mail.security"},
		{"port: 587", "port: 0", "mail.port"},
		{"from: voute@partage.test", "from: voute", "mail.from"},
		{"settleSeconds: 3", "settleSeconds: -1", "shutdown.settleSeconds"},
		{"settleSeconds: 3", "settleSeconds: 301", "shutdown.settleSeconds"},
		{"drainSeconds: 90", "drainSeconds: 86401", "shutdown.drainSeconds"},
		{"drainSeconds: 90", "drainSeconds: 90s", "drainSeconds"},
		{"kind: release", "kind: change", `notice.kind: is "change"`},
		{"kind: release", "kind: maintenance", "notice.version"},
		{"version: 1.5.0", `version: "1.5.0\nBcc: x"`, "notice.version"},
		{"startsAt: 2026-11-25T10:00:00Z", "startsAt: tomorrow", "tomorrow"},
		{"startsAt: 2026-11-25T10:00:00Z", "startsAt: 2026-11-25T12:00:00Z", "notice.endsAt"},
		{"  startsAt: 2026-11-25T10:00:00Z\n", "", "notice.startsAt: is missing"},
		{"  endsAt: 2026-11-25T12:00:00Z\n", "", "notice.endsAt: is missing"},
		{"  announceFrom: 2026-11-18T10:00:00Z\n", "", "notice.announceFrom: is missing"},
		{"announceFrom: 2026-11-18T10:00:00Z", "announceFrom: 2026-11-25T10:00:01Z", "notice.announceFrom"},
		{"environment: production", "environment: production\nenvironnement: x", "environnement"},
		{"environment: production", "environment: production\nenvironment: production", "environment"},
	} {
		t.Run(c.new, func(t *testing.T) {
			broken := strings.Replace(text(t), c.old, c.new, 1)
			if broken == text(t) {
				t.Fatalf("%q is not in the file", c.old)
			}
			if _, err := Parse([]byte(broken)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want it to name %q", err, c.want)
			}
		})
	}
	_, err := Parse([]byte("environment: production\n"))
	if err == nil || strings.Count(err.Error(), "\n") < 10 {
		t.Errorf("not every mistake is named at once: %v", err)
	}
}

// mount swaps a file as a kubelet does: a symbolic link to a folder.
type mount struct {
	t      *testing.T
	folder string
	round  int
}

func (m *mount) put(content string) string {
	m.t.Helper()
	m.round++
	version := filepath.Join(m.folder, "..version"+string(rune('a'+m.round)))
	for _, err := range []error{
		os.MkdirAll(version, 0o700),
		os.WriteFile(filepath.Join(version, "voute.yaml"), []byte(content), 0o600),
		os.Symlink(version, filepath.Join(m.folder, "..tmp")),
		os.Rename(filepath.Join(m.folder, "..tmp"), filepath.Join(m.folder, "..data")),
	} {
		if err != nil {
			m.t.Fatal(err)
		}
	}
	file := filepath.Join(m.folder, "voute.yaml")
	if m.round == 1 {
		if err := os.Symlink(filepath.Join("..data", "voute.yaml"), file); err != nil {
			m.t.Fatal(err)
		}
	}
	return file
}

func TestWatcher(t *testing.T) {
	m := &mount{t: t, folder: t.TempDir()}
	good := text(t)
	var refusal error
	w, err := Open(m.put(good), func(*Config) error { return refusal }, quiet)
	if err != nil {
		t.Fatal(err)
	}
	var told []int64
	w.OnChange(func(c *Config) { told = append(told, c.Storage.QuotaBytes) })
	state := func(want, quotaOf string, failing bool) {
		t.Helper()
		hash, failure := w.State()
		if hash != Hash([]byte(quotaOf)) || (failure != nil) != failing {
			t.Errorf("%s: hash %.8s, failure %v", want, hash, failure)
		}
	}
	w.Check()
	state("unchanged", good, false)

	larger := strings.Replace(good, "quotaBytes: 20000000000", "quotaBytes: 40000000000", 1)
	m.put(larger)
	w.Check()
	state("changed", larger, false)

	m.put("environment: nonsense")
	w.Check()
	state("broken", larger, true)
	if w.Current().Storage.QuotaBytes != 40_000_000_000 {
		t.Error("a broken file is in force")
	}
	m.put(larger)
	w.Check()
	state("as before", larger, false)

	refusal = errors.New("no such certificate")
	m.put(good)
	w.Check()
	state("refused", larger, true)
	refusal = nil
	w.Check()
	state("taken up after all", good, false)

	if err := os.Remove(filepath.Join(m.folder, "..data")); err != nil {
		t.Fatal(err)
	}
	w.Check()
	state("gone", good, true)
	if diff := cmp.Diff([]int64{40_000_000_000, 20_000_000_000}, told); diff != "" {
		t.Error(diff)
	}
}

func TestTheFirstFileMustBeGood(t *testing.T) {
	m := &mount{t: t, folder: t.TempDir()}
	if _, err := Open(m.put("environment: nonsense"), nil, quiet); err == nil {
		t.Error("a broken file is taken")
	}
	if _, err := Open(filepath.Join(m.folder, "none"), nil, quiet); err == nil {
		t.Error("no file is taken")
	}
}
