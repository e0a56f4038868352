package web

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"sync"
	"time"
)

const watchEvery = time.Minute

var (
	errNotLast     = errors.New("a part follows the file")
	errInterrupted = errors.New("the upload goes on in another request, or after a restart")
)

// uploadForm is what precedes the file.
type uploadForm struct {
	days       string
	recipients []string
	name       string
	expected   int64 // at least so many bytes of the file will come
}

// incoming reads an upload as it arrives: the small fields first, then the
// file, never more than a buffer of it at once.
type incoming struct {
	r        *request
	body     *slowBody
	parts    *multipart.Reader
	boundary string
	file     *multipart.Part
}

func newIncoming(r *request) (*incoming, error) {
	_, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return nil, errForm
	}
	if w, ok := r.w.(*writer); ok {
		w.rest() // nothing is written before the last byte has come
	}
	body := &slowBody{r: r, from: r.Body, control: http.NewResponseController(r.w)}
	r.Body = body
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, errForm
	}
	return &incoming{r: r, body: body, parts: parts, boundary: parameters["boundary"]}, nil
}

// fields reads up to where the file begins.
func (in *incoming) fields() (form uploadForm, err error) {
	room := int64(largestForm)
	for {
		part, err := in.parts.NextPart()
		if errors.Is(err, io.EOF) {
			return form, nil // without a file
		}
		if err != nil {
			return form, errForm
		}
		if part.FormName() == "file" {
			in.file = part
			form.name, form.expected = given(part), in.expected()
			return form, nil
		}
		text, err := io.ReadAll(io.LimitReader(part, room+1))
		if room -= int64(len(text)); err != nil || room < 0 {
			return form, errForm
		}
		form.set(part.FormName(), string(text))
	}
}

// given is a file's name as it was sent: Part.FileName would leave out what it
// takes for folders.
func given(part *multipart.Part) string {
	_, parameters, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	if err != nil {
		return ""
	}
	return parameters["filename"]
}

func (f *uploadForm) set(field, text string) {
	switch field {
	case "days":
		f.days = text
	case "recipients":
		f.recipients = append(f.recipients, lines([]string{text})...)
	}
}

// expected is the least that the file can have, from the length of the whole:
// what has been read already is fields, but for a buffer read ahead, and the
// closing boundary follows.
func (in *incoming) expected() int64 {
	closing := int64(len("\r\n--\r\n") + len("--") + len(in.boundary))
	return max(in.r.ContentLength-in.body.count-closing, 0)
}

// Read gives the file's bytes, and its end only if nothing follows it.
func (in *incoming) Read(p []byte) (int, error) {
	n, err := in.file.Read(p)
	if !errors.Is(err, io.EOF) {
		return n, err
	}
	switch _, after := in.parts.NextPart(); {
	case errors.Is(after, io.EOF):
		return n, io.EOF
	case after == nil:
		return n, errNotLast
	default:
		return n, after
	}
}

// slowBody lets an upload take as long as it needs while bytes keep coming and
// its sender stays signed in.
type slowBody struct {
	r       *request
	from    io.ReadCloser
	control *http.ResponseController
	count   int64
	moved   time.Time
	watched time.Time

	mu          sync.Mutex // of the deadline
	interrupted bool
}

func (b *slowBody) Read(p []byte) (int, error) {
	if err := b.extend(time.Now()); err != nil {
		return 0, err
	}
	n, err := b.from.Read(p)
	b.count += int64(n)
	if errors.Is(err, io.EOF) {
		if err := b.limit(time.Time{}); err != nil {
			return n, fmt.Errorf("cannot lift the time limit of an upload: %w", err)
		}
	}
	return n, err
}

// limit sets when a read ends that gets no byte; never for one that is to end now.
func (b *slowBody) limit(until time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.interrupted {
		return errInterrupted
	}
	return b.control.SetReadDeadline(until)
}

// interrupt ends the read under way, and every later one.
func (b *slowBody) interrupt() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.interrupted = true
	_ = b.control.SetReadDeadline(time.Unix(1, 0)) // if the connection is closed, the read has ended
}

func (b *slowBody) extend(now time.Time) error {
	if now.Sub(b.moved) >= stallTip {
		b.moved = now
		if err := b.limit(now.Add(stall)); err != nil {
			return fmt.Errorf("cannot extend the time for an upload: %w", err)
		}
	}
	if now.Sub(b.watched) < watchEvery {
		return nil
	}
	b.watched = now
	return b.r.watch(b.r.Context())
}

func (b *slowBody) Close() error { return b.from.Close() }
