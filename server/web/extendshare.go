package web

import (
	"errors"
	"net/http"

	"voute.dev/voute/server/share"
)

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
