package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"voute.dev/voute/server/blocklist"
	"voute.dev/voute/server/config"
	"voute.dev/voute/server/document"
	"voute.dev/voute/server/retention"
)

type uploadView struct {
	Retention  config.Retention
	Days       string
	Recipients string
	Largest    int64
	Free       int64
	Closed     bool
	Choice     bool // whether the sender says how many days
	Open       []openUpload
	Script     string
}

// uploadPage offers to upload a document.
func (s *Site) uploadPage(r *request) error {
	return s.askDocument(r, http.StatusOK, uploadForm{days: strconv.Itoa(r.config.Retention.DefaultDays)})
}

func (s *Site) askDocument(r *request, status int, form uploadForm, problems ...problem) error {
	u, err := s.Documents.Documents.Usage(r.Context())
	if err != nil {
		return err
	}
	c := r.config
	view := uploadView{
		Retention: c.Retention, Days: form.days, Recipients: strings.Join(form.recipients, "\n"), Closed: c.Uploads.Closed,
		Choice:  retention.Of(c).Choice(),
		Largest: c.Storage.MaxDocumentBytes, Free: max(c.Storage.QuotaBytes-u.Used-u.Reserved, 0), Script: "/assets/" + uploadScriptName,
	}
	if view.Open, err = s.openUploads(r); err != nil {
		return err
	}
	r.w.Header().Set("Content-Security-Policy", scriptPolicy)
	return r.render(page{Name: "upload", Title: "upload.title", Status: status, Self: "/documents/new", Problems: problems, Data: view})
}

// upload takes a document in while it arrives.
func (s *Site) upload(r *request) error {
	if r.config.Uploads.Closed {
		return document.ErrClosed
	}
	if s.Draining() {
		return errDraining
	}
	if err := s.uploads.enter(); err != nil {
		return err
	}
	defer s.uploads.leave()
	in, err := newIncoming(r)
	if err != nil {
		return err
	}
	form, err := in.fields()
	if err != nil {
		return err
	}
	problems, upload, err := s.checkUpload(r, form)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return s.askDocument(r, http.StatusUnprocessableEntity, form, problems...)
	}
	d, err := s.Documents.Receive(r.Context(), r.actor(), upload, in)
	if blocked := blockedProblem(r, err); blocked != nil {
		return s.askDocument(r, http.StatusUnprocessableEntity, form, *blocked)
	}
	if err != nil {
		return err
	}
	if s.Draining() {
		return s.received(r, d)
	}
	return r.redirectWith("/documents/"+d.ID, "received")
}

// received shows the document in the answer itself: a server that stops answers no
// other question, and where the next one is not ready yet, a browser that is led
// elsewhere would tell of an error after an upload that went well.
func (s *Site) received(r *request, d document.Document) error {
	p, err := s.documentPage(r, d, "")
	if err != nil {
		return err
	}
	p.Notice = "notice.received"
	r.w.Header().Set("Content-Location", p.Self)
	return r.render(p)
}

func (s *Site) checkUpload(r *request, form uploadForm) (problems []problem, u document.Upload, err error) {
	u = document.Upload{Name: form.name, Expected: form.expected}
	if form.name == "" {
		problems = append(problems, problem{Field: "file", Text: r.say("upload.no-file")})
	}
	if u.Days, err = strconv.Atoi(form.days); err != nil && form.days != "" {
		u.Days = -1
	}
	err = s.Documents.Allowed(u)
	if blocked := blockedProblem(r, err); blocked != nil {
		problems = append(problems, *blocked)
	} else if errors.Is(err, document.ErrDays) {
		keep := r.config.Retention
		problems = append(problems, problem{Field: "days", Text: r.say("upload.bad-days", keep.MinDays, keep.MaxDays)})
	} else if err != nil {
		return nil, u, err
	}
	u.Recipients, problems, err = s.checkRecipients(r, form.recipients, "recipients", problems)
	return problems, u, err
}

// blockedProblem says which kind of file the client does not want; nil if it is
// another error or none.
func blockedProblem(r *request, err error) *problem {
	var blocked *blocklist.Error
	if !errors.As(err, &blocked) {
		return nil
	}
	if blocked.Extension != "" {
		return &problem{Field: "file", Text: r.say("upload.blocked-extension", blocked.Extension)}
	}
	return &problem{Field: "file", Text: r.say("upload.blocked-type", blocked.Type)}
}
