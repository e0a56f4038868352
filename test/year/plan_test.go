package year

import (
	"fmt"
	"slices"
	"time"

	"k8s.io/utils/ptr"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/test/simulation"
)

// The year's seasons: versions come until autumn, then all is mended, and the
// last weeks are quiet.
const (
	lastVersion = 235 * day
	lastEdit    = 275 * day
	between     = 280 * day
	mended      = 310 * day
	quiet       = 352 * day
)

func (w *world) on(d time.Duration, do func() error) { w.at(first.Add(d), do) }

// someTime draws an instant of the year, up to a day of it.
func (w *world) someTime(least, most time.Duration) time.Duration { return w.between(least, most) }

// draw makes the plan of a year.
func (w *world) draw() error {
	if err := w.setPlatform(w.drawRules); err != nil {
		return err
	}
	if err := w.drawClients(); err != nil {
		return err
	}
	w.drawVersions()
	w.drawEdits()
	w.drawPlatform()
	w.drawTrouble()
	w.on(between, w.bridge)
	w.on(mended, w.mend)
	return nil
}

// drawVersions has the platform offer fixes and releases, some of which do not start.
func (w *world) drawVersions() {
	fixes, releases := 2+w.rng.IntN(2), 1+w.rng.IntN(2)
	version, when := [3]int{0, 1, 0}, w.between(5*day, 20*day)
	step := (lastVersion - when) / time.Duration(fixes+releases)
	for fixes+releases > 0 {
		if draw := w.rng.IntN(fixes + releases); draw < fixes {
			fixes--
			version[2]++
		} else {
			releases--
			version = [3]int{0, version[1] + 1, 0}
		}
		w.drawVersion(&version, when)
		when += step
	}
}

func named(version [3]int) string { return fmt.Sprintf("%d.%d.%d", version[0], version[1], version[2]) }

func (w *world) drawVersion(version *[3]int, when time.Duration) {
	name := named(*version)
	switch draw := w.rng.IntN(10); {
	case draw < 3:
		w.on(when, func() error { return w.release(name, simulation.Broken) })
		w.on(when+w.between(3*day, 8*day), func() error { return w.askAgain() })
		if w.rng.IntN(2) == 0 {
			// The same version, with an image that starts.
			w.on(when+w.between(10*day, 20*day), func() error { return w.release(name, "") })
			break
		}
		version[2]++
		next := named(*version)
		w.on(when+w.between(10*day, 20*day), func() error { return w.release(next, "") })
	case draw < 6:
		some := w.someFollowers(2 + w.rng.IntN(followers-2))
		for _, c := range some {
			w.broken[c.namespace+" "+name] = true
		}
		w.on(when, func() error { return w.release(name, "") })
		w.on(when+w.between(5*day, 15*day), func() error {
			for _, c := range some {
				delete(w.broken, c.namespace+" "+name)
			}
			return w.askAgain()
		})
	default:
		w.on(when, func() error { return w.release(name, "") })
	}
	for range 2 {
		w.on(when+w.between(time.Hour, 9*day), func() error { return w.demand(w.someone()) })
	}
}

// release offers a version and makes it the default.
func (w *world) release(version, suffix string) error {
	return w.setPlatform(func(config *configv1.PlatformConfiguration) {
		offer(config, version, imageName+version+suffix)
		config.Server.DefaultVersion = version
	})
}

// askAgain annotates all tenants, as a halt says.
func (w *world) askAgain() error {
	for _, c := range w.followers {
		if err := w.annotate(c, v1alpha1.TryAgainAnnotation, "yes"); err != nil {
			return err
		}
	}
	return nil
}

// demand has a person ask for a change at once.
func (w *world) demand(c *tenant) error {
	return w.annotate(c, v1alpha1.ApplyNowAnnotation, fmt.Sprintf("CVE-%d", w.rng.IntN(100_000)))
}

// drawPlatform has the platform's own rules and places change.
func (w *world) drawPlatform() {
	for range 1 + w.rng.IntN(2) {
		w.on(w.someTime(day, lastEdit), func() error { return w.setPlatform(w.drawRules) })
	}
	// What changes every address or server is rare: it takes as long as all else.
	switch w.rng.IntN(20) {
	case 0:
		annotation := map[string]string{"example.org/edge": pick(w, "a", "b")}
		w.on(w.someTime(day, lastEdit), func() error {
			return w.setPlatform(func(config *configv1.PlatformConfiguration) { config.Exposure.Annotations = annotation })
		})
	case 1:
		w.on(w.someTime(day, lastEdit), func() error {
			return w.setPlatform(func(config *configv1.PlatformConfiguration) { config.Mail.CredentialsSecret = "voute-relay" })
		})
	}
	frozen, begin := w.freeze(), w.someTime(day, lastEdit-20*day)
	w.on(begin, func() error {
		return w.setPlatform(func(config *configv1.PlatformConfiguration) { config.Calendar.Freezes = []v1alpha1.Freeze{frozen} })
	})
	w.on(begin+w.between(time.Hour, 20*day), func() error {
		return w.setPlatform(func(config *configv1.PlatformConfiguration) { config.Calendar.Freezes = nil })
	})
	w.on(w.someTime(day, lastEdit), func() error {
		return w.setPlatform(func(config *configv1.PlatformConfiguration) {
			config.Calendar.Holidays.Added = []string{dateOf(first.Add(w.someTime(0, mended)))}
		})
	})
}

// drawTrouble has calls fail for a while, and looks come that nothing asks for.
func (w *world) drawTrouble() {
	for range 2 {
		w.on(w.someTime(day, lastEdit), w.crash)
	}
	w.on(w.someTime(day, lastEdit), func() error {
		w.stormy = w.clock.Add(w.between(5*time.Minute, 40*time.Minute))
		for range 20 {
			w.after(w.between(0, 40*time.Minute), func() error { return w.idle(w.someone()) })
		}
		return nil
	})
	for range 40 {
		w.on(w.someTime(day, 365*day), func() error { return w.idle(w.someone()) })
	}
	for range 2 {
		w.on(w.someTime(quiet, 365*day), func() error {
			for _, c := range w.someClients(tenants / sample) {
				if err := w.idle(c); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// bridge has clients that run an old version ask for one between first: none may
// be left out. Where development is ahead of it, it stays there.
func (w *world) bridge() error {
	newest := numbers(w.config.Server.DefaultVersion)
	for _, c := range w.followers {
		runs := numbers(w.oracle.places[c.namespace][1].runs.server.version)
		if runs[1]+1 >= newest[1] {
			continue
		}
		step := ""
		for _, image := range w.config.Server.Images {
			if offered := numbers(image.Version); offered[1] == runs[1]+1 && !isBroken(image.Image) {
				step = image.Version
			}
		}
		if err := w.edit(c, func(spec *v1alpha1.SharingTenantSpec) { spec.Version = step }); err != nil {
			return err
		}
	}
	return nil
}

// mend ends all that keeps tenants from running what everybody does.
func (w *world) mend() error {
	clear(w.broken)
	for _, c := range w.clients {
		if err := w.edit(c, func(spec *v1alpha1.SharingTenantSpec) {
			spec.Suspend = ptr.To(false)
			if slices.Contains(w.followers, c) {
				spec.Version = ""
			}
			if spec.Calendar.TimeZone == nowhere {
				spec.Calendar.TimeZone = ""
			}
		}); err != nil {
			return err
		}
	}
	return w.askAgain()
}

func dateOf(at time.Time) string { return at.UTC().Format(time.DateOnly) }
