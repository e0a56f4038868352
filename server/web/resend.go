package web

// resendShare tells the recipients again.
func (s *Site) resendShare(r *request) error {
	id := r.PathValue("id")
	if err := s.Shares.Resend(r.Context(), r.actor(), id); err != nil {
		return err
	}
	return r.redirectWith("/shares/"+id, "resent")
}
