package clamd

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"time"

	"voute.dev/voute/server/config"
)

// Config says where clamd is.
type Config struct {
	// Scanner has either the Address of a gateway or a Socket.
	config.Scanner
	// RootCAs are the authorities of the gateway's certificate; the system's when nil.
	RootCAs *x509.CertPool
	// Certificate is what this client shows the gateway: the
	// GetClientCertificate of a certfile.Reloader.
	Certificate func(*tls.CertificateRequestInfo) (*tls.Certificate, error)
	// Idle bounds how long clamd may take nothing while a document is sent;
	// 30 seconds when 0.
	Idle time.Duration
	// Patience bounds how long clamd may scan once it has the whole document;
	// 10 minutes when 0.
	Patience time.Duration
}

// New makes a client. It does not connect: see Check.
func New(c Config) (*Client, error) {
	client := &Client{idle: c.Idle, patience: c.Patience}
	if client.idle == 0 {
		client.idle = 30 * time.Second
	}
	if client.patience == 0 {
		client.patience = 10 * time.Minute
	}
	switch {
	case (c.Address == "") == (c.Socket == ""):
		return nil, errors.New("the scanner needs either the address of its gateway or a socket")
	case c.Socket != "":
		client.dial = func(ctx context.Context) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", c.Socket)
		}
	case c.Certificate == nil:
		return nil, errors.New("the scanner's gateway lets in nobody without a certificate; set certificateFile and keyFile")
	default:
		dialer := &tls.Dialer{Config: &tls.Config{
			RootCAs: c.RootCAs, GetClientCertificate: c.Certificate, MinVersion: tls.VersionTLS13,
		}}
		client.dial = func(ctx context.Context) (net.Conn, error) { return dialer.DialContext(ctx, "tcp", c.Address) }
	}
	return client, nil
}
