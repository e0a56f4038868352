package crash

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"k8s.io/apimachinery/pkg/api/meta"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
)

// What becomes of a process at a write.
const (
	// answered: it has the answer, and ends when it asks for the next write: what
	// the answer lets it do without writing, such as telling people, it does.
	answered = "answered"
	// unanswered: the write is done; the process ends when the answer arrives,
	// and has seen nothing of it.
	unanswered = "unanswered"
	// brief: as unanswered, but that what changed nothing does not count.
	brief = "brief"
	// halted: it waits before it asks for the write, until the next order.
	halted = "halted"
	// deaf: it goes on, but the first answer to each write is lost on its way.
	deaf = "deaf"
)

// order says what becomes of a process, and at which write; the zero one lets
// it work.
type order struct {
	Mode string
	// Write is its number since the order, or, where that is 0, Name the end of its name.
	Write int
	Name  string
}

// message is what the process says: an answer to an order, which tells what was
// done under the order before, or at which write it ends or halts.
type message struct {
	Writes []string `json:",omitempty"` // with the answers' codes
	Lost   int      `json:",omitempty"` // answers
	Looks  int      `json:",omitempty"` // questions to servers
	Cut    string   `json:",omitempty"`
	Halted string   `json:",omitempty"`
}

// cutter stands in the way of every write, to Kubernetes and to Vault.
type cutter struct {
	output *os.File
	looks  atomic.Int64

	lock   sync.Mutex
	order  order
	asked  int             // writes asked for since the order
	done   int             // writes that changed something since
	writes []string        // that were answered since
	due    bool            // the write of the order is done
	heard  map[string]bool // in the mode deaf, what was asked for once
	lost   int
	resume chan struct{}
}

var errLost = errors.New("the answer is lost on its way")

func newCutter(output *os.File, first order) *cutter {
	return &cutter{output: output, order: first, heard: map[string]bool{}, resume: make(chan struct{})}
}

// obey takes a new order from each line, and answers with what was done under
// the one before.
func (c *cutter) obey(lines *bufio.Scanner) {
	for lines.Scan() {
		var next order
		if err := json.Unmarshal(lines.Bytes(), &next); err != nil {
			panic(err)
		}
		c.lock.Lock()
		c.say(message{Writes: c.writes, Lost: c.lost, Looks: int(c.looks.Swap(0))})
		c.order, c.asked, c.done, c.writes, c.due, c.heard, c.lost = next, 0, 0, nil, false, map[string]bool{}, 0
		close(c.resume)
		c.resume = make(chan struct{})
		c.lock.Unlock()
	}
	os.Exit(0) // nobody gives orders any more
}

func (c *cutter) say(m message) {
	line, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	if _, err := c.output.Write(append(line, '\n')); err != nil {
		os.Exit(1) // nobody listens any more
	}
}

// between counts the writes that pass.
func (c *cutter) between(isWrite func(*http.Request) bool, next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if !isWrite(r) {
			return next.RoundTrip(r)
		}
		name, r, err := nameOf(r)
		if err != nil {
			return nil, err
		}
		c.before(name)
		response, err := next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(response.Body)
		_ = response.Body.Close() // it is read whole, or the error is told
		if err != nil {
			return nil, err
		}
		response.Body = io.NopCloser(bytes.NewReader(content))
		if c.after(name, response.StatusCode) {
			return nil, errLost
		}
		return response, nil
	})
}

// nameOf names a write by its method and the path of its object, which a
// creation has only in what it sends.
func nameOf(r *http.Request) (string, *http.Request, error) {
	name := withoutHash(r.Method + " " + r.URL.Path)
	if r.Method != http.MethodPost || r.Body == nil {
		return name, r, nil
	}
	content, err := io.ReadAll(r.Body)
	if err != nil {
		return "", nil, err
	}
	again := r.Clone(r.Context())
	again.Body = io.NopCloser(bytes.NewReader(content))
	if object := nameIn(content); object != "" {
		name += "/" + withoutHash(object)
	}
	return name, again, nil
}

// nameIn is the name of an object that is sent: of a kind of Kubernetes' own in
// its compact form, of any other as JSON.
func nameIn(content []byte) string {
	if object, _, err := clientgoscheme.Codecs.UniversalDeserializer().Decode(content, nil, nil); err == nil {
		if known, err := meta.Accessor(object); err == nil {
			return known.GetName()
		}
	}
	var object struct{ Metadata struct{ Name string } }
	_ = json.Unmarshal(content, &object) // what cannot be read has no name
	return object.Metadata.Name
}

// is says whether a write is the one of the order.
func (o order) is(name string) bool { return o.Name != "" && strings.HasSuffix(name, o.Name) }

// before is where a process ends that has an answer, and where one halts.
func (c *cutter) before(name string) {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.asked++
	switch {
	case c.order.Mode == answered && (c.due || (c.order.Write > 0 && c.asked > c.order.Write)):
		c.end()
	case c.order.Mode == halted && c.order.is(name):
		c.say(message{Halted: name})
		resume := c.resume
		c.lock.Unlock()
		<-resume
		c.lock.Lock()
	}
}

// after is where a process ends that sees no answer; lost says whether one that
// goes on sees none.
func (c *cutter) after(name string, code int) (lost bool) {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.writes = append(c.writes, fmt.Sprintf("%s %d", name, code))
	if code < http.StatusMultipleChoices {
		c.done++
	}
	if c.order.is(name) || len(c.writes) == c.order.Write {
		c.due = true
	}
	if (c.order.Mode == unanswered && c.due) || (c.order.Mode == brief && c.done >= c.order.Write) {
		c.end()
	}
	if c.order.Mode != deaf || c.heard[name] {
		return false
	}
	c.heard[name] = true
	c.lost++
	return true
}

// end is the process's, at once: nothing is cleaned up, nothing else passes.
// Writes that were asked for at the same moment may be done or not.
func (c *cutter) end() {
	last := "a write under way -"
	if n := len(c.writes); n > 0 {
		last = c.writes[n-1]
	}
	if c.order.Name != "" {
		last = c.order.Name + " -"
	}
	c.say(message{Cut: last})
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}
