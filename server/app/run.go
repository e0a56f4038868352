package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"voute.dev/voute/server/status"
	"voute.dev/voute/server/version"
	"voute.dev/voute/server/web"
)

const (
	headerTime = 15 * time.Second
	idleTime   = 2 * time.Minute
	plainTime  = 15 * time.Second
)

// state says whether users are served: from serving on, until the server has
// been asked to stop. When it drains it takes no new uploads.
type state struct{ serving, stopping, draining atomic.Bool }

// Ready tells whether users are served: not before everything is open, nor
// once the server has been asked to stop.
func (a *App) Ready() bool {
	if !a.state.serving.Load() || a.state.stopping.Load() {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return a.db.Check(ctx) == nil
}

// port is one listener and what it serves.
type port struct {
	name     string
	listener net.Listener
	server   *http.Server
}

// Run serves until the context ends, and then stops in an order that loses
// nothing: readiness, new connections, requests under way, workers, and last
// the ports that tell how it goes.
func (a *App) Run(ctx context.Context) error {
	ports, err := a.listen(ctx)
	if err != nil {
		return err
	}
	working, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	var group sync.WaitGroup
	group.Go(func() { a.work(working) })
	a.state.serving.Store(true)
	a.log.Info("serving", "version", version.Version, "environment", a.config.Current().Environment)
	err = serve(ctx, ports)
	a.settle()
	a.drain(ports[0])
	stopWork()
	group.Wait()
	end(ports[1:])
	return err
}

// listen opens the ports, the public one first.
func (a *App) listen(ctx context.Context) (ports []port, err error) {
	c := a.config.Current()
	for _, p := range []struct {
		name, address string
		tls           *tls.Config
		server        *http.Server
	}{
		{"https", c.Listen.HTTPS, a.publicTLS(), a.publicServer()},
		{"http", c.Listen.HTTP, nil, a.plainServer()},
		{"status", c.Listen.Status, status.TLS(a.certificate.GetCertificate, a.pinned), a.statusServer()},
	} {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", p.address)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("cannot listen for %s: %w", p.name, err), abandon(ports))
		}
		if p.tls != nil {
			p.server.TLSConfig = p.tls
		}
		p.server.ErrorLog = slog.NewLogLogger(a.log.Handler(), slog.LevelDebug) // handshakes that scanners break off
		ports = append(ports, port{name: p.name, listener: listener, server: p.server})
	}
	return ports, nil
}

func (a *App) publicTLS() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: a.certificate.GetCertificate}
}

func (a *App) pinned() []string { return a.config.Current().Operator.PublicKeys }

// publicServer has no time limit for a whole request: an upload on a slow line
// may take hours. Each action limits how long it may stand still.
func (a *App) publicServer() *http.Server {
	return &http.Server{
		Handler: a.traffic.count(a.site.Handler()), ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: 32 << 10,
		HTTP2: &http.HTTP2Config{MaxConcurrentStreams: 100, MaxReceiveBufferPerStream: 2 << 20, MaxReceiveBufferPerConnection: 4 << 20},
	}
}

func (a *App) plainServer() *http.Server {
	return &http.Server{
		Handler: web.Plain(a.config.Current, a.Ready), ReadTimeout: plainTime, WriteTimeout: plainTime, IdleTimeout: plainTime, MaxHeaderBytes: 16 << 10,
	}
}

func (a *App) statusServer() *http.Server {
	return &http.Server{
		Handler: status.Only(a.pinned, status.Handler(a.report)), ReadTimeout: plainTime, WriteTimeout: plainTime, IdleTimeout: idleTime, MaxHeaderBytes: 16 << 10,
	}
}

// serve returns when the context ends or a port fails.
func serve(ctx context.Context, ports []port) error {
	failed := make(chan error, len(ports))
	for _, p := range ports {
		go func() {
			err := p.accept()
			if !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("the %s port failed: %w", p.name, err)
			}
		}()
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return err
	}
}

func (p port) accept() error {
	if p.server.TLSConfig == nil {
		return p.server.Serve(p.listener)
	}
	return p.server.ServeTLS(p.listener, "", "")
}

// abandon closes ports that never served.
func abandon(ports []port) error {
	var errs []error
	for _, p := range ports {
		errs = append(errs, p.listener.Close())
	}
	return errors.Join(errs...)
}
