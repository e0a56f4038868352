package secret

import (
	"regexp"
	"testing"
)

func TestShapes(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		code, err := Code()
		if err != nil {
			t.Fatal(err)
		}
		for text, shape := range map[string]string{
			ID(): `^[a-z2-7]{26}$`, Token(): `^[A-Za-z0-9_-]{43}$`, code: `^\d{7}$`,
		} {
			if !regexp.MustCompile(shape).MatchString(text) {
				t.Fatalf("%q does not look like %s", text, shape)
			}
			if len(text) > CodeDigits && seen[text] {
				t.Fatalf("%q was drawn twice", text)
			}
			seen[text] = true
		}
	}
}

// TestCodesAreBoundToTheirSignIn: what is stored of a code is worth nothing
// without the token.
func TestCodesAreBoundToTheirSignIn(t *testing.T) {
	digest := CodeDigest("token", "1234567")
	if !SameCode("token", "1234567", digest) {
		t.Error("the right code is refused")
	}
	if SameCode("token", "1234568", digest) || SameCode("other", "1234567", digest) || SameCode("token", "1234567", nil) {
		t.Error("a wrong code or token is accepted")
	}
}
