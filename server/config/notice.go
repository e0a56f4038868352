package config

import (
	"regexp"
	"slices"
	"time"
)

// versionWord keeps out of pages and subjects what no version has.
var versionWord = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.+_-]{0,63}$`)

func (n *Notice) validate(p *problems) {
	if !slices.Contains([]string{Fix, Release, Maintenance}, n.Kind) {
		p.add("notice.kind", "is %q: write fix, release or maintenance", n.Kind)
	}
	switch {
	case n.Version == "":
	case n.Kind == Maintenance:
		p.add("notice.version", "is %q: leave it out, a maintenance brings no version", n.Version)
	case !versionWord.MatchString(n.Version):
		p.add("notice.version", "is %q: write a version, such as 1.5.0", n.Version)
	}
	n.validateTimes(p)
}

func (n *Notice) validateTimes(p *problems) {
	missing := false
	for _, at := range []struct {
		field string
		time  time.Time
	}{{"notice.startsAt", n.StartsAt}, {"notice.endsAt", n.EndsAt}, {"notice.announceFrom", n.AnnounceFrom}} {
		if at.time.IsZero() {
			p.add(at.field, "is missing: write a time, such as 2026-11-25T10:00:00Z")
			missing = true
		}
	}
	if missing {
		return
	}
	if !n.StartsAt.Before(n.EndsAt) {
		p.add("notice.endsAt", "is %s: write a time after notice.startsAt, %s", n.EndsAt.Format(time.RFC3339), n.StartsAt.Format(time.RFC3339))
	}
	if n.AnnounceFrom.After(n.StartsAt) {
		p.add("notice.announceFrom", "is %s: write a time not after notice.startsAt, %s", n.AnnounceFrom.Format(time.RFC3339), n.StartsAt.Format(time.RFC3339))
	}
}
