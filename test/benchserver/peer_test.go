package benchserver

import (
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strconv"
)

// protocols are what documents are sent over: HTTP/1.1 and HTTP/2.
var protocols = []string{"h1", "h2"}

// client opens connections of its own, of one protocol. What it sends and takes
// at a time is large, so that it has little to do itself.
func (p *place) client(protocol string, jar http.CookieJar) *http.Client {
	p.t.Helper()
	spoken := new(http.Protocols)
	spoken.SetHTTP1(protocol == "h1")
	spoken.SetHTTP2(protocol == "h2")
	transport := &http.Transport{
		Protocols: spoken, TLSClientConfig: &tls.Config{RootCAs: p.authority.Pool}, WriteBufferSize: 256 << 10, ReadBufferSize: 256 << 10,
	}
	p.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Jar: jar}
}

// peer is who takes and gives documents: the server or the floor.
type peer interface {
	// process is the kernel's number of it.
	process() int
	// send returns, when all has arrived, by what the document is asked for.
	send(client *http.Client, content io.Reader, size int64) (document string, err error)
	// location is where its bytes are.
	location(document string) string
	// check fails unless the peer took what was sent: its SHA-256 in hexadecimals.
	check(document, sum string)
	drop(document string)
}

// server is the real one. A document is sent to it as tus-js-client does when it
// is given no size of a chunk: in one request.
type server struct{ *place }

func (s server) process() int { return s.server.ID() }

func (s server) send(client *http.Client, content io.Reader, size int64) (string, error) {
	create := s.request(http.MethodPost, "/uploads", nil)
	create.Header.Set("Upload-Length", strconv.FormatInt(size, 10))
	create.Header.Set("Upload-Metadata", "filename "+base64.StdEncoding.EncodeToString([]byte("bruit.bin")))
	response, _, err := expect(client, create, http.StatusCreated)
	if err != nil {
		return "", err
	}
	patch := s.request(http.MethodPatch, response.Header.Get("Location"), content)
	patch.ContentLength = size
	patch.Header.Set("Upload-Offset", "0")
	patch.Header.Set("Content-Type", "application/offset+octet-stream")
	document := "/documents/" + path.Base(patch.URL.Path)
	_, _, err = expect(client, patch, http.StatusNoContent)
	return document, err
}

func (s server) request(method, path string, body io.Reader) *http.Request {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.settings.Address+path, body)
	s.must(err)
	request.Header.Set("Tus-Resumable", "1.0.0")
	return request
}

func (s server) location(document string) string { return s.settings.Address + document + "/content" }

func (s server) check(document, sum string) {
	s.t.Helper()
	s.pilot.await(document, `data-sha256="`+sum+`"`)
}

func (s server) drop(document string) {
	s.t.Helper()
	s.pilot.post(document+"/delete", url.Values{}, `data-page="home"`)
}

// bare is the floor.
type bare struct {
	*place
	pages *http.Client
	sums  map[string]string
}

func (b bare) process() int { return b.floor.ID() }

func (b bare) send(client *http.Client, content io.Reader, size int64) (string, error) {
	document := fmt.Sprintf("/%d", len(b.sums))
	put := b.request(http.MethodPut, document, content)
	put.ContentLength = size
	_, text, err := expect(client, put, http.StatusOK)
	b.sums[document] = text
	return document, err
}

func (b bare) request(method, path string, body io.Reader) *http.Request {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), method, b.location(path), body)
	b.must(err)
	return request
}

func (b bare) location(document string) string { return "https://" + b.floorAddress + document }

func (b bare) check(document, sum string) {
	b.t.Helper()
	if got := b.sums[document]; got != sum {
		b.t.Fatalf("the floor took %s in place of %s", got, sum)
	}
}

func (b bare) drop(document string) {
	b.t.Helper()
	_, _, err := expect(b.pages, b.request(http.MethodDelete, document, nil), http.StatusOK)
	b.must(err)
}
