package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"voute.dev/voute/server/account"
	"voute.dev/voute/server/document"
	"voute.dev/voute/server/share"
)

type sharesView struct {
	Sent, Received []shareRow
}

type shareRow struct {
	share.Share
	Sender    string
	Documents []documentRow
	Standing  bool
}

// shares lists what a person has shared, and what others share with them.
func (s *Site) shares(r *request) error {
	sent, err := s.Shares.Sent(r.Context(), r.account.ID)
	if err != nil {
		return err
	}
	received, err := s.Shares.Received(r.Context(), r.account.ID)
	if err != nil {
		return err
	}
	var view sharesView
	if view.Sent, err = s.shareRows(r, sent); err != nil {
		return err
	}
	if view.Received, err = s.shareRows(r, received); err != nil {
		return err
	}
	view.Received = slices.DeleteFunc(view.Received, func(row shareRow) bool { return len(row.Documents) == 0 })
	return r.render(page{Name: "shares", Title: "shares.title", Data: view})
}

func (s *Site) shareRows(r *request, all []share.Share) (rows []shareRow, err error) {
	for _, x := range all {
		row := shareRow{Share: x, Standing: x.Stands(s.Now())}
		contents, err := s.Shares.Contents(r.Context(), r.account.ID, x)
		if err != nil {
			return nil, err
		}
		if row.Documents, err = s.rows(r, contents); err != nil {
			return nil, err
		}
		sender, err := s.Accounts.Accounts.ByID(r.Context(), x.Owner)
		if err != nil {
			return nil, err
		}
		row.Sender = sender.Name
		rows = append(rows, row)
	}
	return rows, nil
}

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

// number reads a field that may be empty; what is no number is one that is refused.
func number(text string) int {
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return -1
	}
	return n
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

// addRecipients lets more people read a share.
func (s *Site) addRecipients(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	found, err := s.mine(r)
	if err != nil {
		return err
	}
	emails := lines(r.PostForm["email"])
	readers, problems, err := s.checkRecipients(r, emails, "email", nil)
	if err != nil {
		return err
	}
	if len(readers) == 0 && len(problems) == 0 {
		problems = append(problems, problem{Field: "email", Text: r.say("share.nobody")})
	}
	if len(problems) > 0 {
		return s.showShare(r, found, http.StatusUnprocessableEntity, shareView{Emails: strings.Join(emails, "\n")}, problems...)
	}
	if err := s.Shares.AddRecipients(r.Context(), r.actor(), found.ID, readers); err != nil {
		return err
	}
	return r.redirectWith("/shares/"+found.ID, "shared")
}

// removeRecipient ends somebody's reading.
func (s *Site) removeRecipient(r *request) error {
	id := r.PathValue("id")
	if err := s.Shares.RemoveRecipient(r.Context(), r.actor(), id, r.PathValue("account")); err != nil {
		return err
	}
	return r.redirectWith("/shares/"+id, "withdrawn")
}

// resendShare tells the recipients again.
func (s *Site) resendShare(r *request) error {
	id := r.PathValue("id")
	if err := s.Shares.Resend(r.Context(), r.actor(), id); err != nil {
		return err
	}
	return r.redirectWith("/shares/"+id, "resent")
}

// extendShare moves the end of a share on.
func (s *Site) extendShare(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	found, err := s.mine(r)
	if err != nil {
		return err
	}
	days := r.value("days")
	err = s.Shares.Extend(r.Context(), r.actor(), found.ID, number(days))
	if errors.Is(err, share.ErrEnd) {
		wrong := problem{Field: "days", Text: r.say("share-page.bad-days", r.config.Retention.MaxDays)}
		return s.showShare(r, found, http.StatusUnprocessableEntity, shareView{Days: days}, wrong)
	}
	if err != nil {
		return err
	}
	return r.redirectWith("/shares/"+found.ID, "extended")
}

// recallShare ends a share.
func (s *Site) recallShare(r *request) error {
	if err := s.Shares.Recall(r.Context(), r.actor(), r.PathValue("id")); err != nil {
		return err
	}
	return r.redirectWith("/shares", "recalled")
}

// deleteSharePage asks to confirm: deleting cannot be undone.
func (s *Site) deleteSharePage(r *request) error {
	found, err := s.mine(r)
	if err != nil {
		return err
	}
	rows, err := s.shareRows(r, []share.Share{found})
	if err != nil {
		return err
	}
	return r.render(page{Name: "share-delete", Title: "share-delete.title", Data: rows[0]})
}

// deleteShare destroys the documents of a share.
func (s *Site) deleteShare(r *request) error {
	if err := s.Shares.Delete(r.Context(), r.actor(), r.PathValue("id")); err != nil {
		return err
	}
	return r.redirectWith("/shares", "share-deleted")
}

// recipients are who may read a document, and since when.
func (s *Site) recipients(r *request, d document.Document) (rows []recipientRow, err error) {
	standing, err := s.Shares.Lists.Of(r.Context(), d.ID, s.Now())
	if err != nil {
		return nil, err
	}
	since := map[string]time.Time{}
	for _, x := range standing {
		for _, recipient := range x.Recipients {
			if at, known := since[recipient.Account]; known && !recipient.Added.Before(at) {
				continue
			}
			since[recipient.Account] = recipient.Added
		}
	}
	for id, at := range since {
		person, err := s.Accounts.Accounts.ByID(r.Context(), id)
		if err != nil {
			return nil, err
		}
		rows = append(rows, recipientRow{Person: person, Time: at})
	}
	slices.SortFunc(rows, func(a, b recipientRow) int {
		return strings.Compare(a.Time.Format(time.RFC3339Nano)+a.Person.ID, b.Time.Format(time.RFC3339Nano)+b.Person.ID)
	})
	return rows, nil
}

// messages are what senders wrote to a reader of a document.
func (s *Site) messages(r *request, d document.Document) (all []string, err error) {
	standing, err := s.Shares.Lists.Of(r.Context(), d.ID, s.Now())
	for _, x := range standing {
		if x.Message != "" && x.For(r.account.ID) {
			all = append(all, x.Message)
		}
	}
	return all, err
}
