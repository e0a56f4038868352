package web

import (
	"net/http"
	"time"

	"voute.dev/voute/server/account"
	"voute.dev/voute/server/document"
)

type documentView struct {
	document.Document
	Mine       bool
	Sender     account.Account
	Recipients []recipientRow
	Emails     string // to correct
	Messages   []string
	Ahead      int64 // documents before it at the antivirus

	Downloadable bool
	Longest      int // by how many days its life may be lengthened
}

type recipientRow struct {
	Person account.Account
	Time   time.Time
}

// document shows one document to its sender or a recipient.
func (s *Site) document(r *request) error {
	d, err := s.Documents.Find(r.Context(), r.account.ID, r.PathValue("id"))
	if err != nil {
		return err
	}
	return s.showDocument(r, d, http.StatusOK, "")
}

func (s *Site) showDocument(r *request, d document.Document, status int, emails string, problems ...problem) error {
	p, err := s.documentPage(r, d, emails)
	if err != nil {
		return err
	}
	p.Status, p.Problems = status, problems
	return r.render(p)
}

func (s *Site) documentPage(r *request, d document.Document, emails string) (page, error) {
	view, err := s.viewDocument(r, d)
	if err != nil {
		return page{}, err
	}
	view.Emails = emails
	if d.State == document.Scanning {
		ahead, err := s.Documents.Ahead(r.Context())
		if err != nil {
			return page{}, err
		}
		view.Ahead = ahead[d.ID]
	}
	p := page{Name: "document", Title: "document.title", Self: "/documents/" + d.ID, State: string(d.State), Data: view}
	if d.Kept() {
		p.SHA256 = d.SHA256
	}
	return p, nil
}

func (s *Site) viewDocument(r *request, d document.Document) (view documentView, err error) {
	view = documentView{Document: d, Mine: d.Owner == r.account.ID, Downloadable: d.Readable(s.Now())}
	if view.Mine {
		view.Longest = s.Documents.Longest(d)
	}
	if view.Sender, err = s.Accounts.Accounts.ByID(r.Context(), d.Owner); err != nil {
		return view, err
	}
	if !view.Mine {
		view.Messages, err = s.messages(r, d)
		return view, err
	}
	view.Recipients, err = s.recipients(r, d)
	return view, err
}
