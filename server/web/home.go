package web

import (
	"slices"

	"voute.dev/voute/server/account"
	"voute.dev/voute/server/document"
	"voute.dev/voute/server/session"
)

type signInView struct {
	Email, Next string
}

type homeView struct {
	Open           []openUpload
	Sent, Received []documentRow
	Usage          *usageView // for pilots
	Closed         bool
}

type documentRow struct {
	document.Document
	Sender string
	Ahead  int64 // documents before it at the antivirus
}

type usageView struct {
	Used, Quota, Documents int64
	Percent                int64
}

// home is the sign-in page, or what a person has sent and received.
func (s *Site) home(r *request) error {
	switch r.stage {
	case session.Pending:
		return r.redirect("/sign-in/code")
	case session.Open:
		return s.documents(r)
	}
	next := r.URL.Query().Get("next")
	if !nextAllowed(next) {
		next = ""
	}
	return r.render(page{Name: "sign-in", Title: "sign-in.title", Data: signInView{Next: next}})
}

func (s *Site) documents(r *request) error {
	sent, err := s.Documents.Sent(r.Context(), r.account.ID)
	if err != nil {
		return err
	}
	received, err := s.Documents.Received(r.Context(), r.account.ID)
	if err != nil {
		return err
	}
	view := homeView{Closed: r.config.Uploads.Closed}
	if view.Open, err = s.openUploads(r); err != nil {
		return err
	}
	if view.Sent, err = s.rows(r, sent); err != nil {
		return err
	}
	if err := s.queue(r, view.Sent); err != nil {
		return err
	}
	if view.Received, err = s.rows(r, received); err != nil {
		return err
	}
	if r.account.Pilot() {
		view.Usage, err = s.usage(r)
	}
	if err != nil {
		return err
	}
	return r.render(page{Name: "home", Title: "home.title", Data: view})
}

// rows adds the senders' names.
func (s *Site) rows(r *request, documents []document.Document) ([]documentRow, error) {
	people := map[string]account.Account{r.account.ID: r.account}
	rows := make([]documentRow, 0, len(documents))
	for _, d := range documents {
		if _, known := people[d.Owner]; !known {
			sender, err := s.Accounts.Accounts.ByID(r.Context(), d.Owner)
			if err != nil {
				return nil, err
			}
			people[d.Owner] = sender
		}
		rows = append(rows, documentRow{Document: d, Sender: people[d.Owner].Name})
	}
	return rows, nil
}

// queue adds their place to those that wait for the antivirus.
func (s *Site) queue(r *request, rows []documentRow) error {
	waits := func(row documentRow) bool { return row.State == document.Scanning }
	if !slices.ContainsFunc(rows, waits) {
		return nil
	}
	ahead, err := s.Documents.Ahead(r.Context())
	for i := range rows {
		rows[i].Ahead = ahead[rows[i].ID]
	}
	return err
}

func (s *Site) usage(r *request) (*usageView, error) {
	u, err := s.Documents.Documents.Usage(r.Context())
	if err != nil {
		return nil, err
	}
	quota := r.config.Storage.QuotaBytes
	return &usageView{Used: u.Used, Quota: quota, Documents: u.Documents, Percent: min(u.Used*100/quota, 100)}, nil
}
