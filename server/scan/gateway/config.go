package gateway

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"golang.org/x/net/netutil"

	"voute.dev/voute/server/certfile"
)

// Config is what voute-server scan-gateway is given.
type Config struct {
	// Listen is the address of the TLS listener, Socket clamd's unix socket.
	Listen, Socket string
	// CertificateFile and KeyFile are what the gateway shows; read again when they change.
	CertificateFile, KeyFile string
	// ClientCAFile has the only authorities whose clients are let in; read
	// again for each connection.
	ClientCAFile string
	// MaxConnections bounds connections, 64 when 0; MaxScans the scans under
	// way, 4 when 0: clamd's spool lives in memory and must hold them all.
	MaxConnections, MaxScans int
	// Idle ends a connection on which nothing moves, 2 minutes when 0;
	// Patience one whose document clamd is scanning, 15 minutes when 0; Queue
	// is how long a scan waits for its turn, 15 seconds when 0.
	Idle, Patience, Queue time.Duration
	// Log gets a line for each connection that fails; slog.Default() when nil.
	Log *slog.Logger
}

func (c Config) withDefaults() Config {
	c.MaxConnections = cmp.Or(c.MaxConnections, 64)
	c.MaxScans = cmp.Or(c.MaxScans, 4)
	c.Idle = cmp.Or(c.Idle, 2*time.Minute)
	c.Patience = cmp.Or(c.Patience, 15*time.Minute)
	c.Queue = cmp.Or(c.Queue, 15*time.Second)
	c.Log = cmp.Or(c.Log, slog.Default())
	return c
}

// Run serves until ctx ends, which ends its connections too.
func Run(ctx context.Context, c Config) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("the scan gateway cannot listen: %w", err)
	}
	return Serve(ctx, listener, c)
}

// Serve is Run on a listener that exists, which it closes.
func Serve(ctx context.Context, listener net.Listener, c Config) error {
	c = c.withDefaults()
	config, err := c.tls()
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer context.AfterFunc(ctx, func() { _ = listener.Close() })()
	defer func() { _ = listener.Close() }()
	g := &gateway{Config: c, scans: make(chan struct{}, c.MaxScans)}
	var open sync.WaitGroup
	defer open.Wait()
	listener = netutil.LimitListener(listener, c.MaxConnections)
	for {
		conn, err := listener.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the scan gateway takes no more connections: %w", err)
		}
		open.Go(func() { g.serve(ctx, tls.Server(conn, config)) })
	}
}

func (c Config) tls() (*tls.Config, error) {
	certificate, err := certfile.Open(c.CertificateFile, c.KeyFile)
	if err != nil {
		return nil, err
	}
	clients, err := certfile.PoolOf(c.ClientCAFile)
	if err != nil {
		return nil, err
	}
	base := &tls.Config{
		MinVersion:             tls.VersionTLS13,
		GetCertificate:         certificate.GetCertificate,
		ClientAuth:             tls.RequireAndVerifyClientCert,
		ClientCAs:              clients,
		SessionTicketsDisabled: true, // each connection proves its certificate to the present authorities
	}
	config := base.Clone()
	config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		present := base.Clone()
		clients, err := certfile.PoolOf(c.ClientCAFile)
		present.ClientCAs = clients
		return present, err // without authorities nobody is let in
	}
	return config, nil
}
