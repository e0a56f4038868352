package gateway

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

const (
	ping   = "zPING\x00"
	stream = "zINSTREAM\x00"

	// greeting is how long a client may take to show its certificate and send
	// its command; farewell how long it may go on sending once it is answered.
	greeting = 10 * time.Second
	farewell = 10 * time.Second

	lengthSize = 4 // of a chunk's length
	partSize   = 128 << 10
)

var (
	errCommand  = errors.New("the command is not one of zPING and zINSTREAM")
	errNoAnswer = errors.New("clamd gave no answer")
)

type gateway struct {
	Config
	scans chan struct{} // one element for each scan under way
}

// serve passes on one command and its answer.
func (g *gateway) serve(ctx context.Context, conn *tls.Conn) {
	defer context.AfterFunc(ctx, func() { _ = conn.NetConn().Close() })()
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(greeting)) // on a closed connection the handshake fails anyway
	err := conn.HandshakeContext(ctx)
	if err == nil {
		err = g.pass(ctx, conn)
	}
	if err != nil && ctx.Err() == nil {
		g.Log.Warn("a connection to the scan gateway failed", "from", conn.RemoteAddr().String(), "client", client(conn), "error", err)
	}
}

// client names who connected by its certificate.
func client(conn *tls.Conn) string {
	state := conn.ConnectionState()
	if len(state.PeerCertificates) == 0 {
		return ""
	}
	return state.PeerCertificates[0].Subject.String()
}

func (g *gateway) pass(ctx context.Context, conn *tls.Conn) error {
	command, err := readCommand(conn)
	if err != nil {
		return err
	}
	if command == stream {
		if !g.enter(ctx) {
			return g.answer(conn, "the scanner is busy ERROR")
		}
		defer func() { <-g.scans }()
	}
	_ = conn.SetDeadline(time.Time{})
	clamd, err := g.dial(ctx, command)
	if err != nil {
		return errors.Join(err, g.answer(conn, "the scanner is down ERROR"))
	}
	defer func() { _ = clamd.Close() }()
	defer context.AfterFunc(ctx, func() { _ = clamd.Close() })()
	if command == ping {
		_ = clamd.SetReadDeadline(time.Now().Add(g.Idle))
		_, err := io.Copy(conn, clamd)
		return err
	}
	return g.relay(conn, clamd)
}

// readCommand reads no byte after the command's last.
func readCommand(conn io.Reader) (string, error) {
	command := make([]byte, 0, len(stream))
	for len(command) < cap(command) {
		next := command[len(command) : len(command)+1]
		if _, err := io.ReadFull(conn, next); err != nil {
			return "", fmt.Errorf("no command came: %w", err)
		}
		command = command[:len(command)+1]
		if next[0] == 0 {
			break
		}
	}
	if text := string(command); text == ping || text == stream {
		return text, nil
	}
	return "", errCommand
}

// enter waits for a scan's turn.
func (g *gateway) enter(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, g.Queue)
	defer cancel()
	select {
	case g.scans <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (g *gateway) dial(ctx context.Context, command string) (*net.UnixConn, error) {
	conn, err := (&net.Dialer{Timeout: greeting}).DialContext(ctx, "unix", g.Socket)
	if err != nil {
		return nil, fmt.Errorf("clamd does not answer: %w", err)
	}
	if _, err := io.WriteString(conn, command); err != nil {
		return nil, errors.Join(fmt.Errorf("clamd takes no command: %w", err), conn.Close())
	}
	return conn.(*net.UnixConn), nil
}

// answer speaks in clamd's stead, and takes what the client still sends.
func (g *gateway) answer(conn *tls.Conn, text string) error {
	_ = conn.SetDeadline(time.Now().Add(farewell))
	if _, err := io.WriteString(conn, text+"\x00"); err != nil {
		return err
	}
	if err := conn.CloseWrite(); err != nil {
		return err
	}
	discard(conn)
	return nil
}

// relay passes the stream to clamd and the answer back, which may come before
// the stream's end.
func (g *gateway) relay(conn *tls.Conn, clamd *net.UnixConn) error {
	sent := make(chan error, 1)
	go func() { sent <- g.send(conn, clamd) }()
	answer, err := io.Copy(conn, clamd)
	_ = clamd.Close() // a stream under way fails, and what follows is discarded
	if answer == 0 || err != nil {
		_ = conn.NetConn().Close() // nothing that could be lost is on its way
		return errors.Join(errNoAnswer, err, <-sent)
	}
	if err := conn.CloseWrite(); err != nil {
		return err
	}
	_ = conn.SetReadDeadline(time.Now().Add(farewell))
	return <-sent
}

// send passes a stream to clamd. A client that breaks off breaks clamd's
// connection off too: clamd gives no verdict on a part.
func (g *gateway) send(conn *tls.Conn, clamd *net.UnixConn) error {
	to := &patient{Conn: clamd, idle: g.Idle}
	if err := chunks(to, &patient{Conn: conn, idle: g.Idle}); err != nil {
		if to.failed {
			discard(conn)
			return nil
		}
		_ = clamd.Close()
		return fmt.Errorf("the stream broke off: %w", err)
	}
	return clamd.SetReadDeadline(time.Now().Add(g.Patience))
}

// discard takes what a client sends after its answer, for a while.
func discard(conn net.Conn) {
	_ = conn.SetReadDeadline(time.Now().Add(farewell))
	_, _ = io.Copy(io.Discard, conn) // it ends when the client closes, or when the time is up
}

// chunks copies up to the empty chunk that ends a stream, and nothing after it.
// It waits for a part before it passes it on: a connection gives little at a time,
// and clamd would wake for each.
func chunks(to io.Writer, from io.Reader) error {
	buffer := make([]byte, lengthSize+partSize)
	defer clear(buffer)
	for {
		if _, err := io.ReadFull(from, buffer[:lengthSize]); err != nil {
			return err
		}
		left := int64(binary.BigEndian.Uint32(buffer))
		if left == 0 {
			_, err := to.Write(buffer[:lengthSize])
			return err
		}
		for begin := lengthSize; left > 0; begin = 0 { // the length goes with the first part
			part := buffer[begin : begin+int(min(left, partSize))]
			if _, err := io.ReadFull(from, part); err != nil {
				return err
			}
			if _, err := to.Write(buffer[:begin+len(part)]); err != nil {
				return err
			}
			left -= int64(len(part))
		}
	}
}

// patient is a connection on which each transfer may take no longer than idle.
type patient struct {
	net.Conn
	idle   time.Duration
	failed bool // a write failed
}

func (p *patient) Read(b []byte) (int, error) {
	if err := p.SetReadDeadline(time.Now().Add(p.idle)); err != nil {
		return 0, err
	}
	return p.Conn.Read(b)
}

func (p *patient) Write(b []byte) (int, error) {
	err := p.SetWriteDeadline(time.Now().Add(p.idle))
	n := 0
	if err == nil {
		n, err = p.Conn.Write(b)
	}
	p.failed = p.failed || err != nil
	return n, err
}
