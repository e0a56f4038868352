package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"time"

	"voute.dev/voute/server/document"
	"voute.dev/voute/server/tus"
)

// The addresses of resumable uploads speak tus 1.0 to scripts and programs,
// which are told in a line of text what went wrong, not in a page.
const uploadsPath = "/uploads"

func forPrograms(r *http.Request) bool {
	return r.URL.Path == uploadsPath || strings.HasPrefix(r.URL.Path, uploadsPath+"/")
}

// offerUploads tells what the server can do.
func (s *Site) offerUploads(r *request) error {
	tus.Offer(r.w.Header(), r.config.Storage.MaxDocumentBytes)
	return r.answerTus(http.StatusNoContent)
}

// createUpload opens an upload, and takes in what came with it.
func (s *Site) createUpload(r *request) error {
	if s.Draining() {
		return errDraining
	}
	if err := tus.CheckVersion(r.Header); err != nil {
		return err
	}
	creation, err := tus.ReadCreation(r.Header, r.config.Storage.MaxDocumentBytes)
	if err != nil {
		return err
	}
	checksum, err := tus.ReadChecksum(r.Header)
	if err != nil {
		return err
	}
	u, err := s.announced(r, creation)
	if err != nil {
		return err
	}
	t, err := s.Documents.Begin(r.Context(), r.actor(), u, creation.Given)
	if err != nil {
		return err
	}
	status := document.Status{Transfer: t}
	if tus.HasChunk(r.Header) || creation.Length == 0 {
		status, err = s.firstBytes(r, t, document.Chunk{Digest: checksum.Digest, Sum: checksum.Sum})
	}
	if err != nil {
		return err
	}
	r.w.Header().Set("Location", uploadsPath+"/"+t.Document)
	r.tell(status)
	return r.answerTus(http.StatusCreated)
}

// firstBytes takes in what came with the request that opened the upload. What
// came of it is told by the offset, whatever went wrong: the upload is there. But
// an upload that nobody would go on with is given up.
func (s *Site) firstBytes(r *request, t document.Transfer, c document.Chunk) (document.Status, error) {
	status, err := s.append(r, t.Document, c)
	if errors.Is(err, document.ErrChecksum) || err != nil && t.Progress.Size == 0 {
		return status, errors.Join(err, s.terminate(r, t.Document))
	}
	if err != nil {
		s.Log.Warn("the first bytes of an upload did not all arrive", "document", t.Document, "account", r.account.ID, "error", err)
	}
	if status.Document.ID == "" {
		status.Transfer = t
	}
	return status, nil
}

// announced reads what the page's form would have had.
func (s *Site) announced(r *request, c tus.Creation) (document.Upload, error) {
	form := uploadForm{
		name: c.Metadata["filename"], days: c.Metadata["days"], recipients: lines([]string{c.Metadata["recipients"]}), expected: c.Length,
	}
	problems, u, err := s.checkUpload(r, form)
	if err == nil && len(problems) > 0 {
		err = &problemsError{problems}
	}
	return u, err
}

// problemsError is a form that is to be corrected, for a program.
type problemsError struct{ problems []problem }

func (e *problemsError) Error() string {
	var text []string
	for _, p := range e.problems {
		text = append(text, p.Text)
	}
	return strings.Join(text, "\n")
}

// uploadState tells how far an upload has come.
func (s *Site) uploadState(r *request) error {
	if err := tus.CheckVersion(r.Header); err != nil {
		return err
	}
	lease, err := s.Documents.Seize(r.Context(), r.account.ID, r.PathValue("id"))
	if err != nil {
		return err
	}
	defer lease.Release()
	status, err := lease.Status(r.actor())
	if err != nil {
		return err
	}
	r.tell(status)
	stateOf(status).WriteLength(r.w.Header(), status.Transfer.Metadata)
	return r.answerTus(http.StatusOK)
}

// appendUpload takes in the next bytes of an upload.
func (s *Site) appendUpload(r *request) error {
	if s.Draining() {
		return document.ErrStopping
	}
	if err := tus.CheckVersion(r.Header); err != nil {
		return err
	}
	offset, err := tus.ReadOffset(r.Header)
	if err != nil {
		return err
	}
	checksum, err := tus.ReadChecksum(r.Header)
	if err != nil {
		return err
	}
	status, err := s.append(r, r.PathValue("id"), document.Chunk{Offset: offset, Digest: checksum.Digest, Sum: checksum.Sum})
	if err != nil {
		return err
	}
	r.tell(status)
	return r.answerTus(http.StatusNoContent)
}

// append reads the body for whoever holds the upload, and lets go of it when
// another request takes the upload over.
func (s *Site) append(r *request, id string, c document.Chunk) (document.Status, error) {
	if err := s.uploads.enter(); err != nil {
		return document.Status{}, err
	}
	defer s.uploads.leave()
	lease, err := s.Documents.Seize(r.Context(), r.account.ID, id)
	if err != nil {
		return document.Status{}, err
	}
	defer lease.Release()
	if w, ok := r.w.(*writer); ok {
		w.rest() // nothing is written before the last byte has come
	}
	body := &slowBody{r: r, from: r.Body, control: http.NewResponseController(r.w)}
	defer context.AfterFunc(lease.Context(), body.interrupt)()
	c.Body = body
	return lease.Append(r.actor(), c)
}

// endUpload gives an upload up.
func (s *Site) endUpload(r *request) error {
	if err := tus.CheckVersion(r.Header); err != nil {
		return err
	}
	if err := s.terminate(r, r.PathValue("id")); err != nil {
		return err
	}
	return r.answerTus(http.StatusNoContent)
}

func (s *Site) terminate(r *request, id string) error {
	lease, err := s.Documents.Seize(r.Context(), r.account.ID, id)
	if err != nil {
		return err
	}
	defer lease.Release()
	return lease.Terminate(r.actor())
}

// postUpload is for clients that say in a header what they mean, and for the
// button of the home page, which gives an upload up.
func (s *Site) postUpload(r *request) error {
	switch tus.Method(r.Request) {
	case http.MethodHead:
		return s.uploadState(r)
	case http.MethodPatch:
		return s.appendUpload(r)
	case http.MethodDelete:
		return s.endUpload(r)
	}
	return &tus.Error{Status: http.StatusMethodNotAllowed, Text: "an upload takes HEAD, PATCH and DELETE"}
}

// deleteUpload is the button of the home page.
func (s *Site) deleteUpload(r *request) error {
	if err := s.terminate(r, r.PathValue("id")); err != nil {
		return err
	}
	return r.redirectWith("/", "upload-ended")
}

// uploaded leads to the document that an upload has become.
func (s *Site) uploaded(r *request) error {
	d, err := s.Documents.Find(r.Context(), r.account.ID, r.PathValue("id"))
	if err == nil && d.Owner != r.account.ID {
		err = document.ErrNotFound
	}
	if err != nil {
		return err
	}
	return r.redirect("/documents/" + d.ID)
}

func stateOf(s document.Status) tus.State {
	return tus.State{Offset: s.Transfer.Progress.Offset, Length: s.Transfer.Progress.Size, Expires: s.Transfer.Expires}
}

// tell writes how far an upload has come, and where its document is.
func (r *request) tell(s document.Status) {
	stateOf(s).Write(r.w.Header())
	if s.Arrived {
		r.w.Header().Set("Content-Location", "/documents/"+s.Document.ID)
	}
}

func (r *request) answerTus(status int) error {
	r.tusHeaders()
	r.w.WriteHeader(status)
	return nil
}

func (r *request) tusHeaders() {
	r.w.Header().Set("Tus-Resumable", tus.Version)
	r.w.Header().Set("Cache-Control", "no-store")
}

// failTus tells a program what went wrong, in the reader's language where it is
// for a person.
func (r *request) failTus(f failure, err error) {
	text := r.say("error." + f.name)
	var wrong *tus.Error
	var toCorrect *problemsError
	switch {
	case errors.As(err, &wrong):
		f.status, text = wrong.Status, wrong.Text
	case errors.As(err, &toCorrect):
		f.status, text = http.StatusUnprocessableEntity, toCorrect.Error()
	case errors.Is(err, syscall.ENOSPC) && r.PathValue("id") != "":
		text = r.say("error.full")
	}
	r.tusHeaders()
	if f.status == http.StatusPreconditionFailed {
		r.w.Header().Set("Tus-Version", tus.Version)
	}
	r.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	r.w.Header().Set("Content-Language", string(r.lang))
	r.w.WriteHeader(f.status)
	_, _ = fmt.Fprintln(r.w, text) // whoever asked may have gone
}

// openUpload is one on its sender's page.
type openUpload struct {
	document.Document
	Received, Length, Percent int64
	Expires                   time.Time
	// Given and Modified are the file's, as the page's script told them: by
	// these it knows the file again.
	Given, Modified string
}

func (s *Site) openUploads(r *request) (rows []openUpload, err error) {
	open, err := s.Documents.Uploads(r.Context(), r.account.ID)
	for _, u := range open {
		p := u.Progress
		given, err := tus.ParseMetadata(u.Metadata)
		if err != nil {
			return nil, fmt.Errorf("what is kept of upload %s: %w", u.ID, err)
		}
		rows = append(rows, openUpload{
			Document: u.Document, Received: p.Offset, Length: p.Size, Percent: p.Offset * 100 / max(p.Size, 1), Expires: u.Transfer.Expires,
			Given: given["filename"], Modified: given["modified"],
		})
	}
	return rows, err
}
