package web

import (
	"net/http"

	"voute.dev/voute/server/account"
	"voute.dev/voute/server/document"
	"voute.dev/voute/server/share"
)

type shareView struct {
	share.Share
	Mine      bool
	Standing  bool
	Sender    account.Account
	Documents []documentRow
	People    []personRow
	Downloads []downloadRow
	Emails    string // to correct
	Days      string
	MaxDays   int
}

type personRow struct {
	Person account.Account
	share.Recipient
}

type downloadRow struct {
	Person account.Account
	Name   string // of the document; empty when it is forgotten
	share.Tally
}

// sharePage shows a share to its sender or to a recipient.
func (s *Site) sharePage(r *request) error {
	found, err := s.Shares.Find(r.Context(), r.account.ID, r.PathValue("id"))
	if err != nil {
		return err
	}
	return s.showShare(r, found, http.StatusOK, shareView{})
}

func (s *Site) showShare(r *request, found share.Share, status int, view shareView, problems ...problem) error {
	view.Share, view.Mine, view.Standing = found, found.Owner == r.account.ID, found.Stands(s.Now())
	view.MaxDays = r.config.Retention.MaxDays
	contents, err := s.Shares.Contents(r.Context(), r.account.ID, found)
	if err != nil {
		return err
	}
	if view.Documents, err = s.rows(r, contents); err != nil {
		return err
	}
	if view.Sender, err = s.Accounts.Accounts.ByID(r.Context(), found.Owner); err != nil {
		return err
	}
	if view.Mine {
		if err := s.addPeople(r, &view, contents); err != nil {
			return err
		}
	}
	return r.render(page{Name: "share", Title: "share-page.title", Status: status, Self: "/shares/" + found.ID, Problems: problems, Data: view})
}

// addPeople adds who may read, and who did.
func (s *Site) addPeople(r *request, view *shareView, contents []document.Document) error {
	for _, recipient := range view.Recipients {
		person, err := s.Accounts.Accounts.ByID(r.Context(), recipient.Account)
		if err != nil {
			return err
		}
		view.People = append(view.People, personRow{Person: person, Recipient: recipient})
	}
	tallies, err := s.Shares.Ledger.Tallies(r.Context(), view.ID)
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, d := range contents {
		names[d.ID] = d.Name
	}
	for _, t := range tallies {
		person, err := s.Accounts.Accounts.ByID(r.Context(), t.Account)
		if err != nil {
			return err
		}
		view.Downloads = append(view.Downloads, downloadRow{Person: person, Name: names[t.Document], Tally: t})
	}
	return nil
}

// mine finds a share for its sender only.
func (s *Site) mine(r *request) (share.Share, error) {
	found, err := s.Shares.Find(r.Context(), r.account.ID, r.PathValue("id"))
	if err == nil && found.Owner != r.account.ID {
		err = errNotFound
	}
	return found, err
}
