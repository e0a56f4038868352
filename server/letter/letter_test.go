package letter

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"voute.dev/voute/server/account"
	"voute.dev/voute/server/config"
	"voute.dev/voute/server/outbox"
)

var update = flag.Bool("update", false, "write the golden files")

// TestLetters compares what people get with golden files.
func TestLetters(t *testing.T) {
	c := &config.Config{TimeZone: "America/Toronto", Address: "https://partage.test", Organization: config.Organization{
		NameFr: "Ministère de l’Essai", NameEn: "Department of Testing", SupportEmail: "soutien@partage.test", FraudContact: "1 800 555-0100",
	}}
	w, until := Writer{Config: func() *config.Config { return c }}, time.Date(2026, 11, 29, 15, 4, 5, 0, time.UTC)
	maintenance := config.Notice{Kind: config.Maintenance, StartsAt: until.AddDate(0, 0, -1), EndsAt: until}
	release := config.Notice{Kind: config.Release, Version: "1.5.0", StartsAt: until.Add(-2 * time.Hour), EndsAt: until}
	for _, language := range []string{"fr", "en"} {
		a := account.Account{ID: "id", Email: "marie@partage.test", Name: "Marie", Language: language}
		known := a
		known.State = account.Active
		for _, c := range []struct {
			file  string
			kind  outbox.Kind
			write func() (outbox.Letter, error)
		}{
			{"invitation", outbox.Invitation, func() (outbox.Letter, error) { return w.Invitation(a, "TOKEN", until) }},
			{"password", outbox.Invitation, func() (outbox.Letter, error) { return w.Invitation(known, "TOKEN", until) }},
			{"code", outbox.Code, func() (outbox.Letter, error) { return w.Code(a, "0123456", until) }},
			{"shared", outbox.Shared, func() (outbox.Letter, error) { return w.Shared(a, "Jean Roy", "/documents/ID", 1, until) }},
			{"several", outbox.Shared, func() (outbox.Letter, error) { return w.Shared(a, "Jean Roy", "/shares/ID", 2, until) }},
			{"reminder", outbox.Reminder, func() (outbox.Letter, error) { return w.Reminder(a, "Jean Roy", "/shares/ID", until) }},
			{"downloaded", outbox.Downloaded, func() (outbox.Letter, error) { return w.Downloaded(a, "Jean Roy", "ID", until) }},
			{"refused", outbox.Refused, func() (outbox.Letter, error) { return w.Refused(a, "ID", until) }},
			{"notice", outbox.Notice, func() (outbox.Letter, error) { return w.Notice(a, release, nil) }},
			{"replaced", outbox.Notice, func() (outbox.Letter, error) { return w.Notice(a, maintenance, &release) }},
			{"room", outbox.Room, func() (outbox.Letter, error) { return w.Room(a, 16_400_000_000, 20_000_000_000, 80, until) }},
			{"withdrawn", outbox.Withdrawn, func() (outbox.Letter, error) { return w.Withdrawn(a, release) }},
		} {
			got, err := c.write()
			if err != nil {
				t.Fatal(err)
			}
			compare(t, filepath.Join("testdata", c.file+"."+language+".txt"), got.Subject+"\n\n"+got.Text)
			got.Subject, got.Text = "", ""
			want := outbox.Letter{ID: got.ID, Kind: c.kind, Account: "id", To: "marie@partage.test", ToName: "Marie", Language: language, NotAfter: until}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		}
	}
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}
