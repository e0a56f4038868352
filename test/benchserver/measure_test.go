package benchserver

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"
)

// effort is what one run takes: time, and processor time of the peer and of the
// client.
type effort struct {
	bytes                int64
	seconds, cpu, client float64
}

func (e effort) megabytesPerSecond() float64 { return float64(e.bytes) / 1e6 / e.seconds }
func (e effort) cpuPerGiB() float64          { return e.cpu / (float64(e.bytes) / (1 << 30)) }

func (e effort) String() string {
	return fmt.Sprintf("%.0f MB/s, %.3f s of processor for a GiB; cores busy: %.2f with it, %.2f with the client",
		e.megabytesPerSecond(), e.cpuPerGiB(), e.cpu/e.seconds, e.client/e.seconds)
}

// during gives the effort of something.
func during(t *testing.T, process int, bytes int64, do func()) effort {
	t.Helper()
	begin, cpu, client := time.Now(), cpuOf(t, process), ownCPU(t)
	do()
	return effort{bytes: bytes, seconds: time.Since(begin).Seconds(), cpu: cpuOf(t, process) - cpu, client: ownCPU(t) - client}
}

// pair is what one round shows of the server and of the floor.
type pair struct{ server, floor effort }

// bench is the stage of all measurements.
type bench struct {
	*place
	sizes
	peers   [2]peer                    // server and floor
	clients [2]map[string]*http.Client // of each, by protocol
	content []byte
}

func newBench(t *testing.T, s sizes) *bench {
	t.Helper()
	p := newPlace(t)
	b := &bench{place: p, sizes: s, content: make([]byte, max(s.upload, s.download))}
	b.peers = [2]peer{server{p}, bare{place: p, pages: p.client("h1", nil), sums: map[string]string{}}}
	for i := range b.clients {
		b.clients[i] = map[string]*http.Client{}
		for _, protocol := range protocols {
			b.clients[i][protocol] = p.client(protocol, p.pilot.jar)
		}
	}
	return b
}

// alternate lets server and floor take turns; who begins changes with the round.
func (b *bench) alternate(round int, what string, run func(peer, *http.Client) effort) map[string]pair {
	b.t.Helper()
	all := map[string]pair{}
	for _, protocol := range protocols {
		var efforts [2]effort
		for turn := range b.peers {
			who := (turn + round) % len(b.peers)
			efforts[who] = run(b.peers[who], b.clients[who][protocol])
		}
		all[protocol] = pair{server: efforts[0], floor: efforts[1]}
		fmt.Printf("round %d: %s %s: server %s\nround %d: %s %s: floor %s\n", round+1, what, protocol, efforts[0], round+1, what, protocol, efforts[1])
	}
	return all
}

// uploads measures one round of them.
func (b *bench) uploads(round int) map[string]pair {
	b.t.Helper()
	return b.alternate(round, "upload", func(to peer, client *http.Client) (e effort) {
		content := refill(b.content[:b.upload])
		var document string
		e = during(b.t, to.process(), b.upload, func() {
			var err error
			document, err = to.send(client, bytes.NewReader(content), b.upload)
			b.must(err)
		})
		to.check(document, sumOf(content))
		to.drop(document)
		return e
	})
}

// downloads measures one round of them, of documents that both have.
func (b *bench) downloads(round int, documents [2]string) map[string]pair {
	b.t.Helper()
	return b.alternate(round, "download", func(from peer, client *http.Client) effort {
		document := documents[0]
		if _, isFloor := from.(bare); isFloor {
			document = documents[1]
		}
		into := make([]byte, 1<<20)
		return during(b.t, from.process(), b.download*int64(b.repeat), func() {
			for range b.repeat {
				b.fetch(client, from.location(document), plain{io.Discard}, into)
			}
		})
	})
}

// plain hides every other method, so that the buffer given is used.
type plain struct{ io.Writer }

// fetch downloads a document.
func (b *bench) fetch(client *http.Client, location string, to io.Writer, buffer []byte) {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, location, nil)
	b.must(err)
	response, err := client.Do(request)
	b.must(err)
	defer func() { _ = response.Body.Close() }()
	n, err := io.CopyBuffer(to, response.Body, buffer)
	b.must(err)
	if response.StatusCode != http.StatusOK || n != b.download {
		b.t.Fatalf("%s gives %d bytes and %s", location, n, response.Status)
	}
}

// compare fails unless every peer gives back over each protocol what it took.
func (b *bench) compare(documents [2]string, sum string) {
	b.t.Helper()
	for who, from := range b.peers {
		for _, protocol := range protocols {
			h := sha256.New()
			b.fetch(b.clients[who][protocol], from.location(documents[who]), plain{h}, make([]byte, 1<<20))
			if got := hex.EncodeToString(h.Sum(nil)); got != sum {
				b.t.Fatalf("%s over %s gives other bytes than were sent", from.location(documents[who]), protocol)
			}
		}
	}
}

func sumOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
