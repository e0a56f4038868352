package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"time"

	"voute.dev/voute/server/account"
	"voute.dev/voute/server/blob"
	"voute.dev/voute/server/certfile"
	"voute.dev/voute/server/config"
	"voute.dev/voute/server/document"
	"voute.dev/voute/server/letter"
	"voute.dev/voute/server/notice"
	"voute.dev/voute/server/outbox"
	"voute.dev/voute/server/password"
	"voute.dev/voute/server/room"
	"voute.dev/voute/server/session"
	"voute.dev/voute/server/status"
	"voute.dev/voute/server/store"
	"voute.dev/voute/server/web"
)

// documentsFolder is below the storage directory.
const documentsFolder = "documents"

// Options are what a server is started with.
type Options struct {
	ConfigFile string
	Log        *slog.Logger
	// Now and Connect are the clock and what makes clients of the services
	// behind: time.Now and Connect when nil.
	Now     func() time.Time
	Connect func(*config.Config) (Services, error)
}

// App is one sharing server.
type App struct {
	log    *slog.Logger
	now    func() time.Time
	config *config.Watcher
	behind *behind
	db     *store.DB
	blobs  *blob.Volume

	certificate *certfile.Reloader
	accounts    *account.Service
	sessions    *session.Service
	documents   *document.Service
	examiner    *document.Examiner
	notices     *notice.Service
	room        *room.Service
	outbox      *outbox.Worker
	probes      *status.Probes
	site        *web.Site
	wakes       wakes
	state       state
	traffic     traffic
	rest        rest
}

// wakes tells workers that there is something to do.
type wakes struct{ scan, mail, pilots, notices chan struct{} }

// New opens everything and clears up after the last stop. Close what it returns.
func New(ctx context.Context, o Options) (*App, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Connect == nil {
		o.Connect = Connect
	}
	a := &App{log: o.Log, now: o.Now, behind: &behind{connect: o.Connect}, rest: rest{given: -1}}
	a.wakes = wakes{
		scan: make(chan struct{}, 1), mail: make(chan struct{}, 1), pilots: make(chan struct{}, 1), notices: make(chan struct{}, 1),
	}
	var err error
	if a.config, err = config.Open(o.ConfigFile, a.behind.follow, a.log); err != nil {
		return nil, err
	}
	if err := a.open(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	a.assemble()
	if err := a.documents.Recover(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot clear up after the last stop: %w", err), a.Close())
	}
	return a, nil
}

func (a *App) open(ctx context.Context) (err error) {
	c := a.config.Current()
	if a.certificate, err = certfile.Open(c.TLS.CertificateFile, c.TLS.KeyFile); err != nil {
		return fmt.Errorf("tls: %w", err)
	}
	if a.db, err = store.Open(ctx, c.Storage.Directory); err != nil {
		return err
	}
	if a.blobs, err = blob.NewVolume(filepath.Join(c.Storage.Directory, documentsFolder)); err != nil {
		return fmt.Errorf("cannot open the folder of documents: %w", err)
	}
	return nil
}

// Close lets go of the database and the documents.
func (a *App) Close() error {
	var errs []error
	if a.blobs != nil {
		errs = append(errs, a.blobs.Close())
	}
	if a.db != nil {
		errs = append(errs, a.db.Close())
	}
	return errors.Join(errs...)
}

func (a *App) assemble() {
	writer := letter.Writer{Config: a.config.Current}
	a.accounts = &account.Service{
		Accounts: store.Accounts{DB: a.db}, Sessions: store.Sessions{DB: a.db}, Journal: store.Journal{DB: a.db},
		Outbox: store.Letters{DB: a.db}, Letters: writer, Passwords: password.NewHasher(max(2, runtime.GOMAXPROCS(0))),
		Within: a.db.Within, Wake: waker(a.wakes.mail), Now: a.now, Log: a.log,
	}
	a.sessions = &session.Service{
		Sessions: store.Sessions{DB: a.db}, Accounts: store.Accounts{DB: a.db}, People: a.accounts, Journal: store.Journal{DB: a.db},
		Outbox: store.Letters{DB: a.db}, Letters: writer, Guard: session.NewGuard(a.now),
		Within: a.db.Within, Wake: waker(a.wakes.mail), Now: a.now,
	}
	a.documents = &document.Service{
		Documents: store.Documents{DB: a.db}, Lists: store.Documents{DB: a.db}, Shares: store.Shares{DB: a.db}, Transfers: store.Transfers{DB: a.db},
		Accounts: store.Accounts{DB: a.db}, Journal: store.Journal{DB: a.db}, Outbox: store.Letters{DB: a.db}, Letters: writer,
		Blobs: a.blobs, Keys: liveKeys{a.behind}, Scanner: liveScanner{a.behind},
		Within: a.db.Within, Config: a.config.Current,
		WakeScan: waker(a.wakes.scan), WakeMail: waker(a.wakes.mail), Now: a.now, Log: a.log,
	}
	a.examiner = &document.Examiner{Service: a.documents, Parallel: scansAtOnce}
	a.notices = &notice.Service{
		Notices: store.Notices{DB: a.db}, Accounts: store.Accounts{DB: a.db}, Outbox: store.Letters{DB: a.db}, Letters: writer,
		Config: a.config.Current, Within: a.db.Within, Wake: waker(a.wakes.mail), Now: a.now, Log: a.log,
	}
	a.room = &room.Service{
		Levels: store.Room{DB: a.db}, Documents: store.Documents{DB: a.db}, Accounts: store.Accounts{DB: a.db},
		Outbox: store.Letters{DB: a.db}, Letters: writer, Config: a.config.Current,
		Within: a.db.Within, Wake: waker(a.wakes.mail), Now: a.now, Log: a.log,
	}
	a.outbox = &outbox.Worker{
		Letters: store.Letters{DB: a.db}, Mailer: liveMailer{a.behind}, Journal: store.Journal{DB: a.db},
		Within: a.db.Within, Sent: a.accounts.Mailed, Now: a.now, Log: a.log,
	}
	a.probes = a.newProbes()
	a.site = &web.Site{
		Config: a.config.Current, Accounts: a.accounts, Sessions: a.sessions, Documents: a.documents, Now: a.now, Log: a.log,
		Draining: a.state.draining.Load,
	}
}

// waker makes a function that wakes a worker, or leaves it awake.
func waker(c chan<- struct{}) func() {
	return func() {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}
