package web

// quarantine shows pilots what the antivirus refused and is still kept: by whom,
// why and until when, not its name. There is nothing to do with it here, and
// nowhere else.
func (s *Site) quarantine(r *request) error {
	kept, err := s.Documents.InQuarantine(r.Context())
	if err != nil {
		return err
	}
	rows, err := s.rows(r, kept)
	if err != nil {
		return err
	}
	return r.render(page{Name: "quarantine", Title: "quarantine.title", Data: rows})
}
