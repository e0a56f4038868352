package notice_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"voute.dev/voute/server/account"
	"voute.dev/voute/server/config"
	"voute.dev/voute/server/letter"
	"voute.dev/voute/server/mail"
	"voute.dev/voute/server/mail/memory"
	"voute.dev/voute/server/notice"
	"voute.dev/voute/server/outbox"
	"voute.dev/voute/server/store"
)

const (
	day  = 24 * time.Hour
	week = 7 * day
)

// wednesday is when the first window of all tests opens.
var wednesday = time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)

// change is announced a week before and takes two hours.
func change(kind, version string, starts time.Time) *config.Notice {
	return &config.Notice{Kind: kind, Version: version, StartsAt: starts, EndsAt: starts.Add(2 * time.Hour), AnnounceFrom: starts.Add(-week)}
}

func TestPhases(t *testing.T) {
	n := change(config.Fix, "1.5.0", wednesday)
	for _, c := range []struct {
		at   time.Duration
		want notice.Phase
	}{
		{-week - time.Nanosecond, notice.Silent}, {-week, notice.Coming}, {-time.Nanosecond, notice.Coming},
		{0, notice.UnderWay}, {2*time.Hour - time.Nanosecond, notice.UnderWay}, {2 * time.Hour, notice.Silent},
	} {
		if got := notice.PhaseOf(n, wednesday.Add(c.at)); got != c.want {
			t.Errorf("%s from the start: %q, want %q", c.at, got, c.want)
		}
	}
	if got := notice.PhaseOf(nil, wednesday); got != notice.Silent {
		t.Errorf("no notice: %q", got)
	}
}

// office is the service with its data, a clock and a relay.
type office struct {
	t         *testing.T
	directory string
	db        *store.DB
	service   *notice.Service
	worker    *outbox.Worker
	mailer    *memory.Mailer
	config    *config.Config
	now       time.Time
	log       bytes.Buffer
	read      int // messages looked at
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, directory: t.TempDir(), mailer: memory.New(), config: &config.Config{
		TimeZone: "America/Toronto", Address: "https://vault.test",
		Organization: config.Organization{NameFr: "Ministère", NameEn: "Department", SupportEmail: "aide@vault.test"},
	}}
	o.start()
	t.Cleanup(func() { o.must(o.db.Close()) })
	o.appoint(account.Account{ID: "1", PilotID: "marie", Email: "marie@vault.test", Name: "Marie", Language: "fr", State: account.Active})
	return o
}

func (o *office) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) start() {
	o.t.Helper()
	var err error
	o.db, err = store.Open(o.t.Context(), o.directory)
	o.must(err)
	current, clock := func() *config.Config { return o.config }, func() time.Time { return o.now }
	log := slog.New(slog.NewJSONHandler(&o.log, nil))
	o.service = &notice.Service{
		Notices: store.Notices{DB: o.db}, Accounts: store.Accounts{DB: o.db}, Outbox: store.Letters{DB: o.db},
		Letters: letter.Writer{Config: current}, Config: current, Within: o.db.Within, Wake: func() {}, Now: clock, Log: log,
	}
	o.worker = &outbox.Worker{
		Letters: store.Letters{DB: o.db}, Mailer: o.mailer, Journal: store.Journal{DB: o.db}, Within: o.db.Within,
		Sent: func(context.Context, outbox.Letter) error { return nil }, Now: clock, Log: log,
	}
}

func (o *office) restart() {
	o.t.Helper()
	o.must(o.db.Close())
	o.start()
}

func (o *office) appoint(a account.Account) {
	o.t.Helper()
	o.must(store.Accounts{DB: o.db}.Add(o.t.Context(), a))
}

// mails follows the configuration and gives the new messages: whom they went
// to, and what their subjects begin with.
func (o *office) mails() (all []string) {
	o.t.Helper()
	for range 2 { // the second time changes nothing
		o.must(o.service.Follow(o.t.Context()))
		o.must(o.worker.Deliver(o.t.Context()))
	}
	messages := o.mailer.Messages()
	for _, m := range messages[o.read:] {
		about, _, _ := strings.Cut(m.Subject, " —")
		all = append(all, m.ToName+": "+about)
	}
	o.read = len(messages)
	slices.Sort(all)
	return all
}

// moment is a time from the start of the first window, what the configuration
// asks for then, and the mails that follow.
type moment struct {
	at     time.Duration
	wanted *config.Notice
	mails  []string
}

func TestWhatIsToldWhen(t *testing.T) {
	fix := change(config.Fix, "1.5.0", wednesday)
	longer := change(config.Fix, "1.5.0", wednesday)
	longer.EndsAt = wednesday.Add(4 * time.Hour)
	sunday := change(config.Fix, "1.5.0", wednesday.Add(4*day))
	other := change(config.Fix, "1.5.1", wednesday)
	maintenance := change(config.Maintenance, "", wednesday.Add(day))
	month := change(config.Fix, "1.5.0", wednesday.Add(4*week))
	const (
		told      = "Marie: Avis : Correctif du service (1.5.0)"
		changed   = "Marie: Avis modifié : Correctif du service (1.5.0)"
		withdrawn = "Marie: Avis annulé : Correctif du service (1.5.0)"
	)
	for name, moments := range map[string][]moment{
		"once, from the announcement to the end": {
			{-week - time.Second, fix, nil}, {-week, fix, []string{told}}, {-day, fix, nil}, {0, fix, nil}, {time.Hour, fix, nil}, {2 * time.Hour, fix, nil}, {week, nil, nil},
		},
		"gone before it was announced":  {{-week - day, fix, nil}, {-week - time.Hour, nil, nil}, {-week, nil, nil}},
		"gone before it starts":         {{-week, fix, []string{told}}, {-time.Second, nil, []string{withdrawn}}, {0, nil, nil}},
		"gone once it has begun":        {{-week, fix, []string{told}}, {0, nil, nil}, {day, nil, nil}},
		"gone, and back in the window":  {{-week, fix, []string{told}}, {0, nil, nil}, {time.Second, fix, nil}},
		"taken back, and there again":   {{-week, fix, []string{told}}, {-day, nil, []string{withdrawn}}, {-day + time.Hour, fix, []string{told}}},
		"another day":                   {{-week, fix, []string{told}}, {-day, sunday, []string{changed}}, {0, sunday, nil}, {4 * day, sunday, nil}},
		"another day and back":          {{-week, fix, []string{told}}, {-day, sunday, []string{changed}}, {-time.Hour, fix, []string{changed}}},
		"put off beyond its lead time":  {{-week, fix, []string{told}}, {-day, month, []string{changed}}, {3 * week, month, nil}},
		"another day, and taken back":   {{-week, fix, []string{told}}, {-day, sunday, []string{changed}}, {0, nil, []string{withdrawn}}},
		"another version":               {{-week, fix, []string{told}}, {-day, other, []string{"Marie: Avis modifié : Correctif du service (1.5.1)"}}},
		"another kind":                  {{-week, fix, []string{told}}, {-day, maintenance, []string{"Marie: Avis modifié : Entretien du service"}}},
		"a longer window":               {{-week, fix, []string{told}}, {-day, longer, nil}, {3 * time.Hour, longer, nil}},
		"the next one after the first":  {{-week, fix, []string{told}}, {0, month, nil}, {3*week - time.Second, month, nil}, {3 * week, month, []string{told}}},
		"announced in the middle of it": {{time.Hour, fix, []string{told}}},
		"over already":                  {{2 * time.Hour, fix, nil}},
		"over while the server was off": {{-week, fix, []string{told}}, {week, fix, nil}, {week, nil, nil}},
		"replaced by what is over":      {{-week, fix, []string{told}}, {-day, change(config.Fix, "1.4.9", wednesday.Add(-week)), []string{withdrawn}}},
		"nothing":                       {{0, nil, nil}},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			for _, m := range moments {
				o.now, o.config.Notice = wednesday.Add(m.at), m.wanted
				if diff := cmp.Diff(m.mails, o.mails()); diff != "" {
					t.Errorf("%s from the start (-want +got):\n%s", m.at, diff)
				}
				o.restart()
			}
			if strings.Contains(o.log.String(), "@") || strings.Contains(o.log.String(), "Marie") {
				t.Errorf("the log names a person:\n%s", &o.log)
			}
		})
	}
}

// TestWhoIsTold: pilots, those too who have not chosen a password yet or come
// later; nobody else.
func TestWhoIsTold(t *testing.T) {
	o := newOffice(t)
	o.appoint(account.Account{ID: "2", PilotID: "john", Email: "john@vault.test", Name: "John", Language: "en", State: account.Invited})
	o.appoint(account.Account{ID: "3", PilotID: "luc", Email: "luc@vault.test", Name: "Luc", Language: "fr", State: account.Withdrawn})
	o.appoint(account.Account{ID: "4", Email: "robert@vault.test", Name: "Robert", Language: "fr", State: account.Active})
	expect := func(want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, o.mails()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	o.now, o.config.Notice = wednesday.Add(-day), change(config.Release, "2.0", wednesday)
	expect("John: Notice: New version of the service (2.0)", "Marie: Avis : Nouvelle version du service (2.0)")
	o.config.Notice = change(config.Release, "2.0", wednesday.Add(day))
	o.appoint(account.Account{ID: "5", PilotID: "anne", Email: "anne@vault.test", Name: "Anne", Language: "fr", State: account.Pending})
	expect("Anne: Avis : Nouvelle version du service (2.0)", "John: Changed notice: New version of the service (2.0)", "Marie: Avis modifié : Nouvelle version du service (2.0)")
	o.config.Notice = nil
	o.appoint(account.Account{ID: "6", PilotID: "zoe", Email: "zoe@vault.test", Name: "Zoé", Language: "fr", State: account.Pending})
	expect("Anne: Avis annulé : Nouvelle version du service (2.0)", "John: Notice withdrawn: New version of the service (2.0)", "Marie: Avis annulé : Nouvelle version du service (2.0)")
}

// TestOldNewsIsNotSent: the relay is away while a notice changes.
func TestOldNewsIsNotSent(t *testing.T) {
	o := newOffice(t)
	o.mailer.Fail(mail.ErrUnavailable)
	o.now, o.config.Notice = wednesday.Add(-day), change(config.Fix, "1.5.0", wednesday)
	if got := o.mails(); got != nil {
		t.Fatalf("sent %q without a relay", got)
	}
	o.config.Notice = change(config.Fix, "1.5.0", wednesday.Add(day))
	o.mailer.Fail(nil)
	o.now = o.now.Add(time.Hour)
	if diff := cmp.Diff([]string{"Marie: Avis modifié : Correctif du service (1.5.0)"}, o.mails()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// unable cannot write the letters of one person.
type unable struct {
	notice.Letters
	account string
}

var errOnPurpose = errors.New("on purpose")

func (u unable) Notice(a account.Account, n config.Notice, before *config.Notice) (outbox.Letter, error) {
	if a.ID == u.account {
		return outbox.Letter{}, errOnPurpose
	}
	return u.Letters.Notice(a, n, before)
}

// TestToldAllOrNothing: what fails half-way is not noted as told.
func TestToldAllOrNothing(t *testing.T) {
	o := newOffice(t)
	o.appoint(account.Account{ID: "2", PilotID: "zoe", Email: "zoe@vault.test", Name: "Zoé", Language: "fr", State: account.Active})
	o.now, o.config.Notice = wednesday.Add(-day), change(config.Fix, "", wednesday)
	able := o.service.Letters
	o.service.Letters = unable{able, "2"}
	if err := o.service.Follow(t.Context()); !errors.Is(err, errOnPurpose) {
		t.Fatal(err)
	}
	o.service.Letters = able
	if diff := cmp.Diff([]string{"Marie: Avis : Correctif du service", "Zoé: Avis : Correctif du service"}, o.mails()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
