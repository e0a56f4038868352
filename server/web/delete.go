package web

import "voute.dev/voute/server/document"

// deletePage asks to confirm: deleting cannot be undone.
func (s *Site) deletePage(r *request) error {
	d, err := s.Documents.Find(r.Context(), r.account.ID, r.PathValue("id"))
	if err != nil {
		return err
	}
	if d.Owner != r.account.ID {
		return errNotFound
	}
	if _, err := d.State.After(document.Delete); err != nil {
		return err
	}
	return r.render(page{Name: "delete", Title: "delete.title", State: string(d.State), Data: d})
}

// delete takes a document back for good.
func (s *Site) delete(r *request) error {
	if err := s.Documents.Delete(r.Context(), r.actor(), r.PathValue("id")); err != nil {
		return err
	}
	return r.redirectWith("/", "deleted")
}
