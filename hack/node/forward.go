package node

import (
	"context"
	"fmt"
	"net"
	"os"
	"time"

	"voute.dev/voute/hack/splice"
)

// Forward passes every connection that comes in at the door on to the address,
// which it dials inside the node.
func Forward(ctx context.Context, door *os.File, address string) error {
	listener, err := net.FileListener(door)
	if err != nil {
		return fmt.Errorf("door %s: %w", door.Name(), err)
	}
	context.AfterFunc(ctx, func() { listener.Close() })
	for {
		outside, err := listener.Accept()
		if err != nil {
			return err
		}
		go pass(ctx, outside, address)
	}
}

func pass(ctx context.Context, outside net.Conn, address string) {
	defer outside.Close()
	dialer := net.Dialer{Timeout: 5 * time.Second}
	inside, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return
	}
	defer inside.Close()
	splice.Join(outside, inside)
}
