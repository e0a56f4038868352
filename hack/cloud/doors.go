package cloud

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"

	"voute.dev/voute/hack/splice"
)

const (
	greetingTimeout = 10 * time.Second
	patience        = 5 * time.Second
)

// ServeHTTPS passes each TLS connection, unopened, to the Service of the host
// that it asks for.
func ServeHTTPS(ctx context.Context, listener net.Listener, routes *Routes) error {
	context.AfterFunc(ctx, func() { listener.Close() })
	for {
		outside, err := listener.Accept()
		if err != nil {
			return fmt.Errorf("the HTTPS door closed: %w", err)
		}
		go passOn(ctx, outside, routes)
	}
}

// passOn hangs up on a client that asks for no host of ours: without a
// certificate there is no polite answer.
func passOn(ctx context.Context, outside net.Conn, routes *Routes) {
	defer outside.Close()
	_ = outside.SetReadDeadline(time.Now().Add(greetingTimeout))
	host, greeting, err := readGreeting(outside)
	if err != nil {
		return
	}
	backend, found := routes.Find(host)
	if !found {
		return
	}
	inside, err := dialPatiently(ctx, "tcp", backend.HTTPS)
	if err != nil {
		return
	}
	defer inside.Close()
	_ = outside.SetReadDeadline(time.Time{})
	if _, err := inside.Write(greeting); err != nil {
		return
	}
	splice.Join(outside, inside)
}

// dialPatiently tries for a few seconds: a Service has no way in while its one
// pod is replaced.
func dialPatiently(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: 2 * time.Second}
	for deadline := time.Now().Add(patience); ; {
		connection, err := dialer.DialContext(ctx, network, address)
		if err == nil || ctx.Err() != nil || time.Now().After(deadline) {
			return connection, err
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// ServeHTTP passes each plain request to the Service of its Host header.
func ServeHTTP(ctx context.Context, listener net.Listener, routes *Routes) error {
	server := &http.Server{Handler: plainHandler(routes), ReadHeaderTimeout: greetingTimeout}
	context.AfterFunc(ctx, func() { server.Close() })
	return fmt.Errorf("the HTTP door closed: %w", server.Serve(listener))
}

func plainHandler(routes *Routes) http.Handler {
	transport := &http.Transport{DialContext: dialPatiently}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		backend, found := routes.Find(hostOnly(r.Host))
		if !found {
			http.Error(w, "No Service of the local cluster has the host name "+hostOnly(r.Host)+".", http.StatusNotFound)
			return
		}
		target := &url.URL{Scheme: "http", Host: backend.HTTP}
		proxy := &httputil.ReverseProxy{Transport: transport, Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(target)
			p.Out.Host = p.In.Host
		}}
		proxy.ServeHTTP(w, r)
	})
}

func hostOnly(hostPort string) string {
	if host, _, err := net.SplitHostPort(hostPort); err == nil {
		return host
	}
	return hostPort
}
