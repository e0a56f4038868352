// Package splice ties two connections together.
package splice

import (
	"io"
	"net"
)

// Join copies both ways until both sides have said all they had to say.
func Join(a, b net.Conn) {
	done := make(chan struct{})
	go func() {
		copyAndClose(a, b)
		close(done)
	}()
	copyAndClose(b, a)
	<-done
}

func copyAndClose(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}
