package clamd

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"voute.dev/voute/server/scan"
)

const (
	chunkSize = 128 << 10
	maxReply  = 4 << 10
	// lastWord is how long an answer may take once clamd takes no more.
	lastWord = 5 * time.Second
)

// Client opens one connection for each scan.
type Client struct {
	dial           func(context.Context) (net.Conn, error)
	idle, patience time.Duration
}

var _ scan.Scanner = (*Client)(nil)

// Scan sends the document and maps clamd's answer to a verdict.
func (c *Client) Scan(ctx context.Context, r io.Reader) (scan.Verdict, error) {
	talk, err := c.begin(ctx, "zINSTREAM\x00")
	if err != nil {
		return scan.Verdict{}, err
	}
	defer talk.end()
	whole, err := talk.send(r)
	if err != nil {
		return scan.Verdict{}, err
	}
	patience := c.patience
	if !whole {
		patience = min(lastWord, c.patience)
	}
	reply, err := talk.answer(ctx, patience)
	if err != nil {
		return scan.Verdict{}, err
	}
	verdict, err := verdictOf(reply)
	if err == nil && verdict.Outcome == scan.Clean && !whole {
		return scan.Verdict{}, fmt.Errorf("%w: it called a document clean before its end", scan.ErrUnavailable)
	}
	return verdict, err
}

// Check sends a ping.
func (c *Client) Check(ctx context.Context) error {
	talk, err := c.begin(ctx, "zPING\x00")
	if err != nil {
		return err
	}
	defer talk.end()
	reply, err := talk.answer(ctx, c.idle)
	if err == nil && reply != "PONG" {
		err = fmt.Errorf("%w: it answered a ping with %q", scan.ErrUnavailable, reply)
	}
	return err
}

// talk is one command and its answer.
type talk struct {
	conn  net.Conn
	idle  time.Duration
	reply chan reply
	stop  func() bool
}

type reply struct {
	text string
	err  error
}

func (c *Client) begin(ctx context.Context, command string) (*talk, error) {
	connecting, cancel := context.WithTimeout(ctx, c.idle)
	defer cancel()
	conn, err := c.dial(connecting)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", scan.ErrUnavailable, err)
	}
	t := &talk{conn: conn, idle: c.idle, reply: make(chan reply, 1)}
	t.stop = context.AfterFunc(ctx, func() { _ = conn.Close() }) // the transfer then fails
	go func() { t.reply <- read(conn) }()
	if err := t.write([]byte(command)); err != nil {
		t.end()
		return nil, fmt.Errorf("%w: %w", scan.ErrUnavailable, errors.Join(err, ctx.Err()))
	}
	return t, nil
}

func (t *talk) end() {
	t.stop()
	_ = t.conn.Close() // everything that matters has been read
}

// send tells whether clamd took the whole document. Its only error is that the
// document could not be read.
func (t *talk) send(r io.Reader) (whole bool, err error) {
	chunk := make([]byte, 4+chunkSize)
	defer clear(chunk)
	for {
		n, err := io.ReadFull(r, chunk[4:])
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return false, fmt.Errorf("cannot read the document to be scanned: %w", err)
		}
		binary.BigEndian.PutUint32(chunk, uint32(n))
		if len(t.reply) > 0 || t.write(chunk[:4+n]) != nil {
			return false, nil
		}
		if n == 0 {
			return true, nil
		}
	}
}

func (t *talk) write(p []byte) error {
	if err := t.conn.SetWriteDeadline(time.Now().Add(t.idle)); err != nil {
		return err
	}
	_, err := t.conn.Write(p)
	return err
}

// answer waits for clamd's words.
func (t *talk) answer(ctx context.Context, patience time.Duration) (string, error) {
	_ = t.conn.SetReadDeadline(time.Now().Add(patience)) // on a closed connection the read fails anyway
	r := <-t.reply
	if r.err != nil {
		return "", fmt.Errorf("%w: no answer came: %w", scan.ErrUnavailable, errors.Join(r.err, ctx.Err()))
	}
	return r.text, nil
}

// read gives what clamd says, up to the zero byte that ends it.
func read(conn net.Conn) reply {
	text, err := bufio.NewReader(io.LimitReader(conn, maxReply)).ReadString(0)
	return reply{strings.TrimSuffix(text, "\x00"), err}
}

// verdictOf maps clamd's words. What it does not know is no verdict.
func verdictOf(reply string) (scan.Verdict, error) {
	const stream, found = "stream: ", " FOUND"
	name := strings.TrimSuffix(strings.TrimPrefix(reply, stream), found)
	switch {
	case reply == stream+"OK":
		return scan.Verdict{Outcome: scan.Clean}, nil
	case strings.HasPrefix(reply, "INSTREAM size limit exceeded"):
		return scan.Verdict{Outcome: scan.NotScanned, Detail: "StreamMaxLength"}, nil
	case !strings.HasPrefix(reply, stream) || !strings.HasSuffix(reply, found):
		return scan.Verdict{}, fmt.Errorf("%w: it said %q", scan.ErrUnavailable, reply[:min(len(reply), 200)])
	case strings.HasPrefix(name, "Heuristics.Limits.Exceeded"), strings.HasPrefix(name, "Heuristics.Encrypted"):
		return scan.Verdict{Outcome: scan.NotScanned, Detail: name}, nil
	}
	return scan.Verdict{Outcome: scan.Infected, Detail: name}, nil
}
