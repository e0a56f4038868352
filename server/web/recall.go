package web

// recallShare ends a share.
func (s *Site) recallShare(r *request) error {
	if err := s.Shares.Recall(r.Context(), r.actor(), r.PathValue("id")); err != nil {
		return err
	}
	return r.redirectWith("/shares", "recalled")
}
