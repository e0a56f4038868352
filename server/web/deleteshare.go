package web

import "voute.dev/voute/server/share"

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
