package platform

import (
	"errors"
	"strings"
	"testing"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/internal/calendar"
)

func TestStep(t *testing.T) {
	cfg := &configv1.PlatformConfiguration{Server: configv1.Server{Images: []configv1.ServerImage{
		{Version: "1.4.2", Kind: "release"}, {Version: "1.5.1", Kind: "fix"}, {Version: "1.9.0", From: []string{"1.4.0", "1.5.0"}},
		{Version: "2.0.0", From: []string{"1.9.0"}}, {Version: "1.4.9", From: []string{"1.4.8"}, Kind: "fix"},
	}}}
	for name, test := range map[string]struct {
		from, to  string
		want      calendar.Class
		refused   string
		downgrade bool
	}{
		"a fix":                             {from: "1.4.0", to: "1.4.1", want: calendar.Fix},
		"several fixes at once":             {from: "1.4.0", to: "1.4.7", want: calendar.Fix},
		"a release":                         {from: "1.4.1", to: "1.5.0", want: calendar.Release},
		"a fix of the next release":         {from: "1.4.1", to: "1.5.3", want: calendar.Release},
		"a fix that is told to be none":     {from: "1.4.1", to: "1.4.2", want: calendar.Release},
		"a release that is told to be less": {from: "1.4.1", to: "1.5.1", want: calendar.Release},
		"the same, from its own release":    {from: "1.5.0", to: "1.5.1", want: calendar.Fix},
		"a release that is skipped":         {from: "1.4.1", to: "1.6.0", refused: "version 1.6.0 may not follow 1.4.1: ask for a version between the two first; it follows 1.6 and the number before"},
		"another first number":              {from: "1.9.0", to: "3.0.0", refused: "version 3.0.0 may not follow 1.9.0"},
		"a skip that is listed":             {from: "1.5.0", to: "1.9.0", want: calendar.Release},
		"a first number that is listed":     {from: "1.9.0", to: "2.0.0", want: calendar.Release},
		"what is not listed":                {from: "1.8.0", to: "1.9.0", refused: "version 1.9.0 may not follow 1.8.0: ask for a version between the two first; it follows 1.4.0, 1.5.0"},
		"a fix that is not listed":          {from: "1.4.7", to: "1.4.9", refused: "it follows 1.4.8"},
		"a fix that is listed":              {from: "1.4.8", to: "1.4.9", want: calendar.Fix},
		"an older fix":                      {from: "1.4.1", to: "1.4.0", refused: "version 1.4.0 is older than 1.4.1, which runs, and may not be able to read what that has written: ask for 1.4.1 or a later one", downgrade: true},
		"an older release":                  {from: "2.0.0", to: "1.9.0", refused: "version 1.9.0 is older than 2.0.0", downgrade: true},
		"what comes before a release":       {from: "1.4.0", to: "1.4.0-rc.1", refused: "is older", downgrade: true},
		"numbers and not letters":           {from: "1.4.9", to: "1.4.10", want: calendar.Fix},
		"a candidate's own release":         {from: "1.5.0-rc.1", to: "1.5.0", want: calendar.Release},
		"which is told to be less":          {from: "1.5.1-rc.1", to: "1.5.1", want: calendar.Release},
		"another candidate":                 {from: "1.5.0-rc.1", to: "1.5.0-rc.2", want: calendar.Release},
		"a candidate of a fix":              {from: "1.4.0", to: "1.4.1-rc.1", want: calendar.Release},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Step(cfg, test.from, test.to)
			var step *StepError
			switch {
			case test.refused == "" && (err != nil || got != test.want):
				t.Errorf("%s, %v; want %s", got, err, test.want)
			case test.refused == "":
			case !errors.As(err, &step) || !strings.Contains(err.Error(), test.refused) || step.Downgrade != test.downgrade:
				t.Errorf("%s, %v; want %s", got, err, test.refused)
			}
		})
	}
}

func TestAStepOfNoVersionSaysWhich(t *testing.T) {
	cfg := &configv1.PlatformConfiguration{}
	if _, err := Step(cfg, "latest", "1.4.0"); err == nil || !strings.Contains(err.Error(), "the version that runs") {
		t.Errorf("%v", err)
	}
	if _, err := Step(cfg, "1.4.0", ""); err == nil || !strings.Contains(err.Error(), "the version asked for") {
		t.Errorf("%v", err)
	}
}

func TestIsLater(t *testing.T) {
	for _, test := range []struct {
		one, other string
		want       bool
	}{
		{"1.4.1", "1.4.0", true}, {"1.10.0", "1.9.9", true}, {"1.4.0", "1.4.0", false}, {"1.4.0", "1.4.1", false},
		{"1.5.0", "1.5.0-rc.1", true}, {"", "1.4.0", false}, {"1.4.0", "", false},
	} {
		if got := IsLater(test.one, test.other); got != test.want {
			t.Errorf("%q is later than %q: %v", test.one, test.other, got)
		}
	}
}
