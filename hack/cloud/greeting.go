package cloud

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"time"
)

var errGreetingRead = errors.New("the greeting is read")

// readGreeting reads a TLS client's first message and returns the host name it
// asks for, with all the bytes read. Nothing is answered: whoever gets the bytes
// next can do the handshake.
func readGreeting(connection io.Reader) (host string, read []byte, err error) {
	var copied bytes.Buffer
	silent := readOnly{io.TeeReader(connection, &copied)}
	err = tls.Server(silent, &tls.Config{
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			host = hello.ServerName
			return nil, errGreetingRead
		},
	}).Handshake()
	if errors.Is(err, errGreetingRead) {
		err = nil
	}
	return host, copied.Bytes(), err
}

// readOnly is a connection that nothing can be written to.
type readOnly struct{ reader io.Reader }

func (c readOnly) Read(p []byte) (int, error)     { return c.reader.Read(p) }
func (readOnly) Write([]byte) (int, error)        { return 0, io.ErrClosedPipe }
func (readOnly) Close() error                     { return nil }
func (readOnly) LocalAddr() net.Addr              { return nil }
func (readOnly) RemoteAddr() net.Addr             { return nil }
func (readOnly) SetDeadline(time.Time) error      { return nil }
func (readOnly) SetReadDeadline(time.Time) error  { return nil }
func (readOnly) SetWriteDeadline(time.Time) error { return nil }
