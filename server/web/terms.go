package web

// terms are the terms of use.
func (s *Site) terms(r *request) error {
	return r.render(page{Name: "terms", Title: "terms.title"})
}
