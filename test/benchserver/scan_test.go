package benchserver

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"voute.dev/voute/server/config"
	"voute.dev/voute/server/scan"
	"voute.dev/voute/server/scan/clamd"
)

// scanned is how long one round's document waits from its last byte on until it
// is available, and how long clamd alone takes for as many other bytes.
type scanned struct{ server, alone float64 }

// release sends a new document to both, and returns when the antivirus has
// released the server's.
func (b *bench) release(round int) (documents [2]string, s scanned) {
	b.t.Helper()
	content := refill(b.content[:b.download])
	for who, to := range b.peers {
		sending := &sending{from: bytes.NewReader(content)}
		document, err := to.send(b.clients[who]["h1"], sending, b.download)
		b.must(err)
		documents[who] = document
		if who == 0 {
			b.pilot.await(document, `data-state="available"`)
			s.server = time.Since(sending.last).Seconds()
		}
		to.check(document, sumOf(content))
	}
	if round == 0 {
		b.compare(documents, sumOf(content))
	}
	s.alone = b.scanAlone(refill(b.content[:b.download]))
	fmt.Printf("round %d: scan: %.2f s until it is available, %.2f s by clamd alone\n", round+1, s.server, s.alone)
	return documents, s
}

// sending notes when bytes were last taken from it to be sent.
type sending struct {
	from io.Reader
	last time.Time
}

func (s *sending) Read(p []byte) (int, error) {
	n, err := s.from.Read(p)
	if n > 0 {
		s.last = time.Now()
	}
	return n, err
}

// scanAlone is how long clamd itself takes for a document, from its first byte on.
func (b *bench) scanAlone(content []byte) float64 {
	b.t.Helper()
	client, err := clamd.New(clamd.Config{Scanner: config.Scanner{Socket: b.clamd.Socket}})
	b.must(err)
	begin := time.Now()
	verdict, err := client.Scan(b.t.Context(), bytes.NewReader(content))
	b.must(err)
	if verdict.Outcome != scan.Clean {
		b.t.Fatalf("clamd says %v of random bytes", verdict)
	}
	return time.Since(begin).Seconds()
}
