package tus_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"voute.dev/voute/server/tus"
)

func header(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

// status is that of the protocol's error, or 0.
func status(t *testing.T, err error) int {
	t.Helper()
	if err == nil {
		return 0
	}
	var wrong *tus.Error
	if !errors.As(err, &wrong) || wrong.Text == "" {
		t.Errorf("an error that is none of the protocol: %v", err)
		return -1
	}
	return wrong.Status
}

func TestVersion(t *testing.T) {
	for version, want := range map[string]int{"1.0.0": 0, "": 412, "1.0": 412, "0.2.2": 412, "1.0.0, 0.2.2": 412} {
		if got := status(t, tus.CheckVersion(header("Tus-Resumable", version))); got != want {
			t.Errorf("%q: status %d, want %d", version, got, want)
		}
	}
}

func TestCreation(t *testing.T) {
	for _, c := range []struct {
		h      http.Header
		length int64
		status int
	}{
		{header("Upload-Length", "0"), 0, 0},
		{header("Upload-Length", "1000"), 1000, 0},
		{header("Upload-Length", "0001000"), 1000, 0},
		{header("Upload-Length", "1001"), 0, 413},
		{header("Upload-Length", "999999999999999999"), 0, 413},
		{header("Upload-Length", "9999999999999999999"), 0, 400},
		{header(), 0, 400},
		{header("Upload-Length", ""), 0, 400},
		{header("Upload-Length", "-1"), 0, 400},
		{header("Upload-Length", "+1"), 0, 400},
		{header("Upload-Length", "1e3"), 0, 400},
		{header("Upload-Length", "0x10"), 0, 400},
		{header("Upload-Length", " 1"), 0, 400},
		{header("Upload-Length", "1", "Upload-Length", "1"), 0, 400},
		{header("Upload-Defer-Length", "1"), 0, 400},
		{header("Upload-Length", "1", "Upload-Defer-Length", "1"), 0, 400},
		{header("Upload-Length", "1", "Upload-Metadata", "a b c"), 0, 400},
	} {
		got, err := tus.ReadCreation(c.h, 1000)
		if s := status(t, err); s != c.status || s == 0 && got.Length != c.length {
			t.Errorf("%v: status %d and %d bytes, want %d and %d", c.h, s, got.Length, c.status, c.length)
		}
	}
}

func TestOffset(t *testing.T) {
	for _, c := range []struct {
		h      http.Header
		offset int64
		status int
	}{
		{header("Content-Type", tus.MediaType, "Upload-Offset", "70"), 70, 0},
		{header("Content-Type", tus.MediaType, "Upload-Offset", "x"), 0, 400},
		{header("Content-Type", tus.MediaType), 0, 400},
		{header("Upload-Offset", "70"), 0, 415},
		{header("Content-Type", "application/octet-stream", "Upload-Offset", "70"), 0, 415},
		{header("Content-Type", tus.MediaType+"; charset=utf-8", "Upload-Offset", "70"), 0, 415},
	} {
		got, err := tus.ReadOffset(c.h)
		if s := status(t, err); s != c.status || got != c.offset {
			t.Errorf("%v: status %d and %d, want %d and %d", c.h, s, got, c.status, c.offset)
		}
	}
}

func TestMetadata(t *testing.T) {
	long := "a " + strings.Repeat("A", 8<<10)
	for text, want := range map[string]tus.Metadata{
		"":                                  {},
		"filename YnVkZ2V0IMOpdMOpLnBkZg==": {"filename": "budget été.pdf"},
		"a YQ==,b Yg==":                     {"a": "a", "b": "b"},
		"a YQ==, b Yg==":                    {"a": "a", "b": "b"},
		"is_confidential":                   {"is_confidential": ""},
		"is_confidential ":                  {"is_confidential": ""},
		"a AAEC/w==":                        {"a": "\x00\x01\x02\xff"},
		"a YQ==,a Yg==":                     nil,
		",":                                 nil,
		"a YQ==,":                           nil,
		" YQ==":                             {"YQ==": ""},
		"a YQ":                              nil,
		"a YR==":                            nil, // not what encodes anything
		"a YQ==\n":                          nil,
		"a Y Q==":                           nil,
		"é YQ==":                            nil,
		long:                                nil,
		strings.Repeat("a,", 100):           nil,
	} {
		got, err := tus.ParseMetadata(text)
		if want == nil && status(t, err) != http.StatusBadRequest {
			t.Errorf("%.40q is taken as %v (error %v)", text, got, err)
		}
		if diff := cmp.Diff(want, got); want != nil && (err != nil || diff != "") {
			t.Errorf("%q: %v (-want +got):\n%s", text, err, diff)
		}
	}
}

// What any client says, in whatever bytes, comes back as it was.
func TestMetadataComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := tus.Metadata(rapid.MapOfN(rapid.StringMatching(`[!-+\--~]{1,20}`), rapid.String(), 0, 10).Draw(t, "metadata"))
		var pairs []string
		for _, key := range slices.Sorted(maps.Keys(want)) {
			pairs = append(pairs, key+" "+base64.StdEncoding.EncodeToString([]byte(want[key])))
		}
		got, err := tus.ParseMetadata(strings.Join(pairs, ","))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Fatalf("%v (-want +got):\n%s", err, diff)
		}
	})
}

func TestChecksum(t *testing.T) {
	for _, c := range []struct {
		h      http.Header
		status int
		size   int // of the sum
	}{
		{header(), 0, 0},
		{header("Upload-Checksum", "sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00="), 0, 20},
		{header("Upload-Checksum", "sha256 LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="), 0, 32},
		{header("Upload-Checksum", "sha256 qvTGHdzF6KLavt4PO0gs2a6pQ00="), 400, 0},
		{header("Upload-Checksum", "SHA1 qvTGHdzF6KLavt4PO0gs2a6pQ00="), 400, 0},
		{header("Upload-Checksum", "md5 XUFAKrxLKna5cZ2REBfFkg=="), 400, 0},
		{header("Upload-Checksum", "sha1"), 400, 0},
		{header("Upload-Checksum", ""), 400, 0},
		{header("Upload-Checksum", "sha1 qvTGHdzF6KLavt4PO0gs2a6pQ0="), 400, 0},
		{header("Upload-Checksum", "sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=", "Upload-Checksum", "sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00="), 400, 0},
	} {
		got, err := tus.ReadChecksum(c.h)
		if s := status(t, err); s != c.status || len(got.Sum) != c.size || (got.Digest != nil) != (c.size > 0) {
			t.Errorf("%v: status %d, %+v", c.h, s, got)
		}
	}
	got, err := tus.ReadChecksum(header("Upload-Checksum", "sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00="))
	if err != nil {
		t.Fatal(err)
	}
	got.Digest.Write([]byte("hello"))
	if fmt.Sprintf("%x", got.Digest.Sum(nil)) != fmt.Sprintf("%x", got.Sum) {
		t.Error("the checksum of hello is another")
	}
}

func TestMethod(t *testing.T) {
	for _, c := range []struct{ method, override, want string }{
		{"PATCH", "", "PATCH"}, {"POST", "PATCH", "PATCH"}, {"POST", "", "POST"}, {"GET", "DELETE", "GET"}, {"POST", "HEAD", "HEAD"},
	} {
		r := httptest.NewRequest(c.method, "/", nil)
		if c.override != "" {
			r.Header.Set("X-HTTP-Method-Override", c.override)
		}
		if got := tus.Method(r); got != c.want {
			t.Errorf("%s with %q is %s, want %s", c.method, c.override, got, c.want)
		}
	}
}

func TestAnswers(t *testing.T) {
	h := http.Header{}
	tus.Offer(h, 2_000_000_000)
	s := tus.State{Offset: 70, Length: 100, Expires: time.Date(2026, 11, 22, 12, 0, 0, 0, time.FixedZone("", -5*3600))}
	s.Write(h)
	s.WriteLength(h, "a YQ==")
	want := header("Tus-Version", "1.0.0", "Tus-Extension", "creation,creation-with-upload,termination,expiration,checksum",
		"Tus-Checksum-Algorithm", "sha1,sha256", "Tus-Max-Size", "2000000000", "Upload-Offset", "70", "Upload-Length", "100",
		"Upload-Expires", "Sun, 22 Nov 2026 17:00:00 GMT", "Upload-Metadata", "a YQ==")
	if diff := cmp.Diff(want, h); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	h = http.Header{}
	tus.State{}.Write(h)
	if diff := cmp.Diff(header("Upload-Offset", "0"), h); diff != "" {
		t.Errorf("without a time (-want +got):\n%s", diff)
	}
}
