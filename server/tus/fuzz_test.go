package tus_test

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"voute.dev/voute/server/tus"
)

// FuzzHeaders: whatever a client sends is taken for what it says, or refused
// with a status of the protocol.
func FuzzHeaders(f *testing.F) {
	f.Add("100", "filename YnVkZ2V0LnBkZg==,days Nw==", "70", "sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=", "", tus.MediaType)
	f.Add("", "", "", "", "1", "")
	f.Add("-1", "a,b c,d", "9223372036854775808", "sha256 ", "", "text/plain")
	f.Add("0", strings.Repeat("a,", 65), "0x10", "sha1 !", "0", tus.MediaType)
	f.Fuzz(func(t *testing.T, length, metadata, offset, checksum, deferred, kind string) {
		h := http.Header{}
		for name, value := range map[string]string{
			"Upload-Length": length, "Upload-Metadata": metadata, "Upload-Offset": offset,
			"Upload-Checksum": checksum, "Upload-Defer-Length": deferred, "Content-Type": kind,
		} {
			if value != "" {
				h.Set(name, value)
			}
		}
		creation, err := tus.ReadCreation(h, 1<<40)
		refusal(t, err, http.StatusBadRequest, http.StatusRequestEntityTooLarge)
		if err == nil && (decimal(creation.Length) != strings.TrimLeft(length, "0") || deferred != "" || creation.Given != metadata) {
			t.Errorf("%q is taken for %+v", length, creation)
		}
		at, err := tus.ReadOffset(h)
		refusal(t, err, http.StatusBadRequest, http.StatusUnsupportedMediaType)
		if err == nil && (decimal(at) != strings.TrimLeft(offset, "0") || kind != tus.MediaType) {
			t.Errorf("%q of type %q is taken for %d", offset, kind, at)
		}
		sum, err := tus.ReadChecksum(h)
		refusal(t, err, http.StatusBadRequest)
		if err == nil && (checksum != "") != (sum.Digest != nil) {
			t.Errorf("%q is taken for %+v", checksum, sum)
		}
		if err == nil && sum.Digest != nil && (len(sum.Sum) != sum.Digest.Size() || !strings.HasSuffix(checksum, " "+base64.StdEncoding.EncodeToString(sum.Sum))) {
			t.Errorf("%q is taken for %x", checksum, sum.Sum)
		}
	})
}

// decimal has no leading zeros, and nothing for zero.
func decimal(n int64) string { return strings.TrimLeft(strconv.FormatInt(n, 10), "0") }

func refusal(t *testing.T, err error, statuses ...int) {
	t.Helper()
	if err == nil {
		return
	}
	var wrong *tus.Error
	if errors.As(err, &wrong) {
		for _, status := range statuses {
			if wrong.Status == status {
				return
			}
		}
	}
	t.Errorf("refused with %v", err)
}
