package platform

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/version"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/internal/calendar"
)

// The kinds of versions in the catalogue.
const (
	fixKind     = "fix"
	releaseKind = "release"
)

// StepError says why one version may not follow another.
type StepError struct {
	// Downgrade is true where the version is older than the one that runs.
	Downgrade bool
	message   string
}

// Error names both versions, and what to do.
func (e *StepError) Error() string { return e.message }

// Step says what it is to go from one version to another, fix or release, as
// the catalogue has it; the error is a *StepError where it is not allowed.
func Step(cfg *configv1.PlatformConfiguration, from, to string) (calendar.Class, error) {
	old, err := version.ParseSemantic(from)
	if err != nil {
		return "", fmt.Errorf("the version that runs: %w", err)
	}
	wanted, err := version.ParseSemantic(to)
	if err != nil {
		return "", fmt.Errorf("the version asked for: %w", err)
	}
	if wanted.LessThan(old) {
		return "", &StepError{Downgrade: true, message: fmt.Sprintf("version %s is older than %s, which runs, and may not be able to read what that has written: ask for %s or a later one", to, from, from)}
	}
	entry := image(cfg, to)
	if !mayFollow(entry.From, old, wanted) {
		return "", &StepError{message: fmt.Sprintf("version %s may not follow %s: ask for a version between the two first; %s", to, from, allowed(entry, wanted))}
	}
	return kindOf(entry.Kind, old, wanted), nil
}

// IsLater says whether one version comes after another; nothing comes before or
// after what is no version.
func IsLater(one, other string) bool {
	a, err := version.ParseSemantic(one)
	if err != nil {
		return false
	}
	b, err := version.ParseSemantic(other)
	return err == nil && b.LessThan(a)
}

func image(cfg *configv1.PlatformConfiguration, version string) configv1.ServerImage {
	at := slices.IndexFunc(cfg.Server.Images, func(i configv1.ServerImage) bool { return i.Version == version })
	if at < 0 {
		return configv1.ServerImage{Version: version}
	}
	return cfg.Server.Images[at]
}

// mayFollow: what the catalogue lists, or else the same first two numbers, or
// the second number before.
func mayFollow(listed []string, old, wanted *version.Version) bool {
	if len(listed) > 0 {
		return slices.ContainsFunc(listed, func(text string) bool {
			one, err := version.ParseSemantic(text)
			return err == nil && one.EqualTo(old)
		})
	}
	return old.Major() == wanted.Major() && old.Minor()+1 >= wanted.Minor()
}

func allowed(entry configv1.ServerImage, wanted *version.Version) string {
	if len(entry.From) > 0 {
		return "it follows " + strings.Join(entry.From, ", ")
	}
	return fmt.Sprintf("it follows %d.%d and the number before; others are listed as `from` of server.images", wanted.Major(), wanted.Minor())
}

// kindOf: more than the last number is never a fix, whatever the catalogue says
// of the version: it brings the release before it along. So does what leaves a
// candidate such as 1.5.0-rc.1, or goes to one.
func kindOf(kind string, old, wanted *version.Version) calendar.Class {
	candidate := old.PreRelease() != "" || wanted.PreRelease() != ""
	if kind == releaseKind || candidate || old.Major() != wanted.Major() || old.Minor() != wanted.Minor() {
		return calendar.Release
	}
	return calendar.Fix
}
