package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"voute.dev/voute/server/document"
	"voute.dev/voute/server/share"
)

type newShareView struct {
	Mine     []documentRow
	Chosen   map[string]bool
	Emails   string
	Message  string
	Days     string
	Limit    string
	Notify   bool
	MaxDays  int
	MaxLimit int
	Longest  int
}

// newShare offers to share documents of one's own.
func (s *Site) newShare(r *request) error {
	return s.askShare(r, http.StatusOK, newShareView{Chosen: set(r.URL.Query()["document"])})
}

func set(all []string) map[string]bool {
	chosen := map[string]bool{}
	for _, one := range all {
		chosen[one] = true
	}
	return chosen
}

func (s *Site) askShare(r *request, status int, view newShareView, problems ...problem) error {
	sent, err := s.Documents.Sent(r.Context(), r.account.ID)
	if err != nil {
		return err
	}
	sent = slices.DeleteFunc(sent, func(d document.Document) bool { return !d.Kept() })
	if view.Mine, err = s.rows(r, sent); err != nil {
		return err
	}
	view.MaxDays, view.MaxLimit, view.Longest = r.config.Retention.MaxDays, share.LargestLimit, share.LongestMessage
	return r.render(page{Name: "share-new", Title: "share-new.title", Status: status, Self: "/shares/new", Problems: problems, Data: view})
}

// createShare makes a share.
func (s *Site) createShare(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	emails := lines(r.PostForm["email"])
	view := newShareView{
		Chosen: set(r.PostForm["document"]), Emails: strings.Join(emails, "\n"), Message: r.value("message"),
		Days: r.value("days"), Limit: r.value("limit"), Notify: r.value("notify") == "yes",
	}
	n := share.New{Documents: r.PostForm["document"], Message: strings.ReplaceAll(view.Message, "\r\n", "\n"), Notify: view.Notify}
	n.Days, n.Limit = number(view.Days), number(view.Limit)
	readers, problems, err := s.checkRecipients(r, emails, "email", nil)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return s.askShare(r, http.StatusUnprocessableEntity, view, problems...)
	}
	n.Recipients = readers
	made, err := s.Shares.Create(r.Context(), r.actor(), n)
	if wrong := shareProblem(r, err); wrong != nil {
		return s.askShare(r, http.StatusUnprocessableEntity, view, *wrong)
	}
	if err != nil {
		return err
	}
	return r.redirectWith("/shares/"+made.ID, "shared")
}

// shareProblem says which field is to be corrected; nil if it is another error or none.
func shareProblem(r *request, err error) *problem {
	switch {
	case errors.Is(err, share.ErrNothing):
		return &problem{Field: "documents", Text: r.say("share-new.no-document", share.MostDocuments)}
	case errors.Is(err, share.ErrNobody):
		return &problem{Field: "email", Text: r.say("share.nobody")}
	case errors.Is(err, share.ErrMessage):
		return &problem{Field: "message", Text: r.say("share-new.long-message", share.LongestMessage)}
	case errors.Is(err, share.ErrEnd):
		return &problem{Field: "days", Text: r.say("share-new.bad-days", r.config.Retention.MaxDays)}
	case errors.Is(err, share.ErrLimit):
		return &problem{Field: "limit", Text: r.say("share-new.bad-limit", share.LargestLimit)}
	}
	return nil
}
