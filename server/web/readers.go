package web

import (
	"slices"
	"strings"
	"time"

	"voute.dev/voute/server/document"
)

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
