package seal

import "sync"

// buffers holds cleared buffers of one sealed segment.
var buffers = sync.Pool{New: func() any { return new(buffer) }}

// buffer has room for one segment, plain or sealed.
type buffer [SegmentSize + overhead]byte

func take() *buffer { return buffers.Get().(*buffer) }

// give clears the buffer first: no plain byte waits in the pool.
func give(b *buffer) {
	if b == nil {
		return
	}
	clear(b[:])
	buffers.Put(b)
}
