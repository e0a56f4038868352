package web

import (
	"errors"
	"net/http"
	"strings"

	"voute.dev/voute/server/account"
	"voute.dev/voute/server/document"
)

// mostHolds is how many documents a pilot is shown at once.
const mostHolds = 200

type holdsView struct {
	Held  []documentRow
	Found []documentRow
	Asked string
	Most  int
	More  bool // there are more than are shown
}

type holdView struct {
	documentRow
	Reason string // to correct
}

// holdsPage shows pilots which documents there are, by id, sender, size and dates:
// they put some under legal hold, and may read none.
func (s *Site) holdsPage(r *request) error {
	view := holdsView{Asked: strings.TrimSpace(r.URL.Query().Get("q")), Most: mostHolds}
	held, err := s.Documents.Lists.ForPilots(r.Context(), document.Search{Held: true}, -1)
	if err != nil {
		return err
	}
	found, err := s.search(r, view.Asked)
	if err != nil {
		return err
	}
	if view.More = len(found) > mostHolds; view.More {
		found = found[:mostHolds]
	}
	if view.Held, err = s.rows(r, held); err != nil {
		return err
	}
	if view.Found, err = s.rows(r, found); err != nil {
		return err
	}
	return r.render(page{Name: "holds", Title: "holds.title", Self: "/holds", Data: view})
}

// search finds documents by the beginning of an id, or by their sender's address.
func (s *Site) search(r *request, asked string) ([]document.Document, error) {
	search := document.Search{ID: strings.ToLower(asked)}
	if strings.Contains(asked, "@") {
		email, err := account.Normalize(asked)
		if err != nil {
			return nil, nil //nolint:nilerr // no address is nobody's
		}
		sender, err := s.Accounts.Accounts.ByEmail(r.Context(), email)
		if errors.Is(err, account.ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		search = document.Search{Owner: sender.ID}
	}
	found, err := s.Documents.Lists.ForPilots(r.Context(), search, mostHolds+1)
	free := found[:0]
	for _, d := range found {
		if !d.Held() && !d.Over(s.Now()) {
			free = append(free, d)
		}
	}
	return free, err
}

// holdPage asks for the reason.
func (s *Site) holdPage(r *request) error { return s.askReason(r, http.StatusOK, "") }

func (s *Site) askReason(r *request, status int, reason string, problems ...problem) error {
	d, err := s.Documents.Documents.Find(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if d.Over(s.Now()) {
		return document.ErrOver
	}
	rows, err := s.rows(r, []document.Document{d})
	if err != nil {
		return err
	}
	return r.render(page{
		Name: "hold", Title: "hold.title", Status: status, Self: "/holds/" + d.ID, Problems: problems, Data: holdView{documentRow: rows[0], Reason: reason},
	})
}

// hold puts a document under legal hold.
func (s *Site) hold(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	reason := r.value("reason")
	err := s.Documents.Place(r.Context(), r.actor(), r.PathValue("id"), reason)
	if errors.Is(err, document.ErrReason) {
		return s.askReason(r, http.StatusUnprocessableEntity, reason, problem{Field: "reason", Text: r.say("hold.bad-reason")})
	}
	if err != nil {
		return err
	}
	return r.redirectWith("/holds", "held")
}

// release ends a legal hold.
func (s *Site) release(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	if _, err := s.Documents.Release(r.Context(), r.actor(), r.PathValue("id")); err != nil {
		return err
	}
	return r.redirectWith("/holds", "released")
}
