package heads_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	"voute.dev/voute/internal/heads"
)

func TestWhichIsAsKubernetesWritesIt(t *testing.T) {
	const uid = "0b6e4a35-9d2c-4f07-8a51-3f5f0c1d2e4b"
	for _, test := range []struct {
		uid     types.UID
		version string
		want    bool
	}{
		{uid, "1", true}, {uid, "18446744073709551615", true}, {uid, "0", true},
		{uid, "18446744073709551616", false}, {uid, "01", false}, {uid, "+1", false}, {uid, "", false}, {uid, "a", false},
		{"", "1", false}, {"7", "1", false}, {"{" + uid + "}", "1", false}, {"urn:uuid:" + uid, "1", false},
		{"0B6E4A35-9D2C-4F07-8A51-3F5F0C1D2E4B", "1", false}, {"0b6e4a359d2c4f078a513f5f0c1d2e4b", "1", false},
	} {
		if _, got := heads.WhichOf(test.uid, test.version); got != test.want {
			t.Errorf("%s of version %s: %v", test.uid, test.version, got)
		}
	}
}

func TestWhichGivesBackItsTexts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		uid := types.UID(rapid.StringMatching(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`).Draw(t, "uid"))
		version := rapid.StringMatching(`0|[1-9][0-9]{0,18}`).Draw(t, "version")
		which, found := heads.WhichOf(uid, version)
		if !found {
			t.Fatal("it is not taken")
		}
		if gotUID, gotVersion := which.Texts(); gotUID != uid || gotVersion != version {
			t.Fatalf("%s of version %s came back", gotUID, gotVersion)
		}
	})
}
