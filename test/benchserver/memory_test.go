package benchserver

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// eight is how many uploads at once are measured.
const eight = 8

// peak gives the most memory that a server, just started, holds while it takes so
// many documents at once, each over a connection of its own.
func (b *bench) peak(protocol string, count int, size int64) float64 {
	b.t.Helper()
	b.restart()
	forgetPeak(b.t, b.server.ID())
	to, documents, failures := server{b.place}, make([]string, count), make([]error, count)
	var group sync.WaitGroup
	begin := time.Now()
	for i := range documents {
		client := b.client(protocol, b.pilot.jar)
		group.Go(func() {
			documents[i], failures[i] = to.send(client, io.LimitReader(random(), size), size)
			client.CloseIdleConnections()
		})
	}
	group.Wait()
	took := time.Since(begin).Seconds()
	most := memoryOf(b.t, b.server.ID()).peakMiB
	for i, document := range documents {
		b.must(failures[i])
		to.drop(document)
	}
	fmt.Printf("%d of %d bytes at once over %s: %.1f MiB at the most, %.0f MB/s\n", count, size, protocol, most, float64(count)*float64(size)/1e6/took)
	return most
}

// idle is what a server holds that nobody asks anything of: one that has just
// been started, or one that has worked.
func (b *bench) idle() float64 {
	b.t.Helper()
	time.Sleep(b.rest)
	return memoryOf(b.t, b.server.ID()).nowMiB
}
