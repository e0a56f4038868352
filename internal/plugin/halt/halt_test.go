package halt

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	configv1 "voute.dev/voute/api/config/v1alpha1"
)

var bad = configv1.HaltedVersion{Version: "0.2.1", Reason: `uploads of "2 GB" are cut off # see {1}, it's bad`}

const line = `{version: 0.2.1, reason: "uploads of \"2 GB\" are cut off # see {1}, it's bad"}`

// file is the installed one, with other versions, and with an end.
func file(t testing.TB, end string) string {
	t.Helper()
	content, err := os.ReadFile("../../../config/default/platform.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Replace(string(content), "- version: 0.1.0", "- {version: 0.2.0, image: a}\n  - {version: 0.2.1, image: b}\n  - version: 0.1.0", 1) + end
}

// Each way in which people may have written what is there: what comes before and
// after it stays to the letter.
func TestAddAndRemove(t *testing.T) {
	for name, test := range map[string]struct{ without, with string }{
		"nothing there":          {"", "rollout:\n  halted:\n  - " + line + "\n"},
		"a block":                {"rollout: # pace\n  # few\n  slots: 3\n# end\n", "rollout: # pace\n  halted:\n  - " + line + "\n  # few\n  slots: 3\n# end\n"},
		"a deep block":           {"rollout:\n      slots: 3\n", "rollout:\n      halted:\n      - " + line + "\n      slots: 3\n"},
		"flow":                   {"rollout: {haltAfter: 1} # é\n", "rollout: {halted: [" + line + "], haltAfter: 1} # é\n"},
		"another halt":           {"rollout:\n  halted:\n  # one\n  - {version: 0.2.0, reason: a}\n  # two\n", "rollout:\n  halted:\n  - " + line + "\n  # one\n  - {version: 0.2.0, reason: a}\n  # two\n"},
		"another halt, further":  {"rollout:\n  halted: # all\n    - version: 0.2.0\n      reason: a\n\n  slots: 2\n", "rollout:\n  halted: # all\n    - " + line + "\n    - version: 0.2.0\n      reason: a\n\n  slots: 2\n"},
		"another halt in flow":   {"rollout:\n  halted: [{version: 0.2.0, reason: a}] # é\n", "rollout:\n  halted: [" + line + ", {version: 0.2.0, reason: a}] # é\n"},
		"other halts, all flow":  {"rollout: {slots: 2, halted: [{version: 0.2.0, reason: a}]}\n", "rollout: {slots: 2, halted: [" + line + ", {version: 0.2.0, reason: a}]}\n"},
		"something after it":     {"availability: {through: dns}\n# end\n", "availability: {through: dns}\n# end\nrollout:\n  halted:\n  - " + line + "\n"},
		"lines that end in CRLF": {"rollout:\r\n  slots: 3\r\n", "rollout:\r\n  halted:\n  - " + line + "\n  slots: 3\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			without, with := file(t, test.without), file(t, test.with)
			got, err := Add(without, bad)
			if diff := cmp.Diff(with, got); err != nil || diff != "" {
				t.Fatalf("%v: %s", err, diff)
			}
			got, err = Remove(with, bad.Version)
			if diff := cmp.Diff(without, got); err != nil || diff != "" {
				t.Errorf("%v: %s", err, diff)
			}
		})
	}
}

// Where nothing was written, nothing need be left.
func TestAddToNothing(t *testing.T) {
	for without, with := range map[string]string{
		"rollout:\n":                         "rollout:\n  halted:\n  - " + line + "\n",
		"rollout:\n  # slots: 3\n":           "rollout:\n  halted:\n  - " + line + "\n  # slots: 3\n",
		"rollout: null # é\n":                "rollout: {halted: [" + line + "]} # é\n",
		"rollout: {}\n":                      "rollout: {halted: [" + line + "]}\n",
		"rollout:\n  halted:\n  slots: 3\n":  "rollout:\n  halted:\n  - " + line + "\n  slots: 3\n",
		"rollout:\n  halted: ~\n":            "rollout:\n  halted: [" + line + "]\n",
		"rollout:\n  halted: []\n":           "rollout:\n  halted: [" + line + "]\n",
		"availability: {through: dns} # end": "availability: {through: dns} # end\nrollout:\n  halted:\n  - " + line + "\n",
	} {
		got, err := Add(file(t, without), bad)
		if diff := cmp.Diff(file(t, with), got); err != nil || diff != "" {
			t.Errorf("%q: %v: %s", without, err, diff)
		}
		if got, err = Remove(got, bad.Version); err != nil || strings.Contains(got, "0.2.1, reason") || strings.Count(got, "#") < strings.Count(file(t, without), "#")-1 {
			t.Errorf("%q: %v: %s", without, err, got)
		}
	}
}

func TestRemove(t *testing.T) {
	for name, test := range map[string]struct{ with, without string }{
		"the last":         {"rollout:\n  halted:\n  - {version: 0.2.0, reason: a}\n  # why\n  - version: 0.2.1\n    # and why\n    reason: >-\n      one # two\n\n  slots: 3\n", "rollout:\n  halted:\n  - {version: 0.2.0, reason: a}\n  # why\n    # and why\n\n  slots: 3\n"},
		"the last in flow": {"rollout: {halted: [{version: 0.2.0, reason: a}, {reason: 'it''s } bad', version: 0.2.1}]}\n", "rollout: {halted: [{version: 0.2.0, reason: a}]}\n"},
		"the only in flow": {"rollout: {slots: 3, halted: [{reason: b, version: 0.2.1}]}\n", "rollout: {slots: 3}\n"},
		"over lines":       {"rollout:\n  halted: [\n    {reason: b, version: 0.2.1},\n    ]\n  slots: 3\n", "rollout:\n  slots: 3\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Remove(file(t, test.with), "0.2.1")
			if diff := cmp.Diff(file(t, test.without), got); err != nil || diff != "" {
				t.Errorf("%v: %s", err, diff)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	for name, test := range map[string]struct {
		end, want string
		halt      configv1.HaltedVersion
	}{
		"halted already":                  {"rollout: {halted: [{version: 0.2.1, reason: a}]}", "version 0.2.1 is halted already: a", bad},
		"unknown":                         {"", `rollout.halted[0].version: "0.3.0" is not in server.images: choose one of 0.2.0, 0.2.1, 0.1.0`, configv1.HaltedVersion{Version: "0.3.0", Reason: "a"}},
		"no reason":                       {"", "rollout.halted[0].reason: is empty", configv1.HaltedVersion{Version: "0.2.1"}},
		"a bad file":                      {"rollout: {slots: -1}", "rollout.slots: -1 is not possible", bad},
		"an alias":                        {"calendar: &a {}\nrollout: *a\n", "edit the file by hand", bad},
		"an end":                          {"...\n", "edit the file by hand", bad},
		"a version that is more than one": {"", "is not in server.images", configv1.HaltedVersion{Version: "0.2.1, reason: x}, {version: 0.2.0", Reason: "a"}},
	} {
		if got, err := Add(file(t, test.end), test.halt); err == nil || got != "" || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v; want %s; written: %q", name, err, test.want, got)
		}
	}
	if _, err := Remove(file(t, ""), "0.2.1"); err == nil || err.Error() != "version 0.2.1 is not halted" {
		t.Errorf("it says %v", err)
	}
}

// Any reason that the loader takes comes and goes, and leaves the file as it was.
func TestAnyReason(t *testing.T) {
	for _, end := range []string{"", "rollout: {slots: 3}\n", "rollout:\n  halted:\n  - {version: 0.2.0, reason: a}\n", "rollout:\n  halted: [{version: 0.2.0, reason: a}]\n"} {
		before := file(t, end)
		rapid.Check(t, func(t *rapid.T) {
			halt := configv1.HaltedVersion{Version: "0.2.1", Reason: rapid.String().Draw(t, "reason")}
			with, err := Add(before, halt)
			if err != nil {
				if !strings.Contains(err.Error(), ".reason: is ") {
					t.Fatalf("it is refused, and not for the reason: %v", err)
				}
				return
			}
			if after, err := Remove(with, "0.2.1"); err != nil || after != before {
				t.Fatalf("%v: %s", err, cmp.Diff(before, after))
			}
		})
	}
}
