package web

import (
	"slices"

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
