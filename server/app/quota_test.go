package app

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"voute.dev/voute/server/config"
	"voute.dev/voute/server/document"
)

func TestQuotaToTheByte(t *testing.T) {
	w := newWorld(t, func(c *config.Config) { c.Storage.QuotaBytes = 1_000_000 })
	pilot := w.pilot()
	pilot.upload("a", noise(600_000), nil).expect(t, http.StatusOK, "")
	pilot.upload("b", noise(400_001), nil).expect(t, http.StatusInsufficientStorage, "Il ne reste pas assez d’espace")
	if w.usage() != (document.Usage{Used: 600_000, Documents: 1}) || w.blobs() != 1 {
		t.Fatalf("after a refusal: %+v and %d blobs", w.usage(), w.blobs())
	}
	pilot.upload("c", noise(400_000), nil).expect(t, http.StatusOK, "")
	w.settle()
	if w.usage() != (document.Usage{Used: 1_000_000, Documents: 2}) {
		t.Errorf("usage is %+v", w.usage())
	}
	pilot.get("/").expect(t, http.StatusOK, `data-used="1000000" data-quota="1000000"`)
	w.reconfigure(func(c *config.Config) { c.Storage.QuotaBytes = 2_000_000 })
	pilot.upload("d", noise(500_000), nil).expect(t, http.StatusOK, "")
}

// TestQuotaIsNotWonTwice sends uploads whose sizes are not announced side by
// side: each reserves as it grows.
func TestQuotaIsNotWonTwice(t *testing.T) {
	const each = 700_000
	w := newWorld(t, func(c *config.Config) { c.Storage.QuotaBytes = 1_000_000 })
	pilot := w.pilot()
	statuses := make(chan int, 4)
	var group sync.WaitGroup
	for range cap(statuses) {
		group.Go(func() { statuses <- pilot.stream(noise(each)).StatusCode })
	}
	group.Wait()
	close(statuses)
	won := 0
	for status := range statuses {
		switch status {
		case http.StatusOK:
			won++
		case http.StatusInsufficientStorage:
		default:
			t.Errorf("status %d", status)
		}
	}
	if u := w.usage(); won > 1 || u.Reserved != 0 || u.Used != int64(won)*each || int64(w.blobs()) != int64(won) {
		t.Errorf("%d uploads won: %+v and %d blobs", won, u, w.blobs())
	}
}

// stream uploads without saying how much will come.
func (b *browser) stream(content []byte) answer {
	b.w.t.Helper()
	body, kind := form(b.w.t, "flux.bin", content, nil)
	request, err := http.NewRequest(http.MethodPost, publicAddress+"/documents", io.MultiReader(bytes.NewReader(body)))
	b.w.must(err)
	request.Header.Set("Content-Type", kind)
	return b.do(request)
}

func TestTooLarge(t *testing.T) {
	w := newWorld(t, func(c *config.Config) { c.Storage.MaxDocumentBytes = 100_000 })
	pilot := w.pilot()
	pilot.upload("a", noise(100_000), nil).expect(t, http.StatusOK, "")
	pilot.upload("b", noise(100_001), nil).expect(t, http.StatusRequestEntityTooLarge, "dépasse la taille")
	pilot.upload("b", noise(200_000), nil).expect(t, http.StatusRequestEntityTooLarge, "")
	pilot.stream(noise(200_000)).expect(t, http.StatusRequestEntityTooLarge, "")
	if w.usage() != (document.Usage{Used: 100_000, Documents: 1}) || w.blobs() != 1 {
		t.Errorf("%+v and %d blobs are left", w.usage(), w.blobs())
	}
}

// TestBrokenUploadLeavesNothing ends the body before the form does.
func TestBrokenUploadLeavesNothing(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	body, kind := form(t, "a.bin", noise(300_000), nil)
	request, err := http.NewRequest(http.MethodPost, publicAddress+"/documents", bytes.NewReader(body[:200_000]))
	w.must(err)
	request.Header.Set("Content-Type", kind)
	pilot.do(request).expect(t, http.StatusBadRequest, "L’envoi s’est interrompu")
	if w.usage() != (document.Usage{}) || w.blobs() != 0 {
		t.Errorf("%+v and %d blobs are left", w.usage(), w.blobs())
	}
}

func TestUploadForm(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	for _, c := range []struct {
		name   string
		file   string
		fields url.Values
		status int
		want   string
	}{
		{"no file", "", nil, http.StatusUnprocessableEntity, "Choisissez un document"},
		{"too few days", "a", url.Values{"days": {"0x"}}, http.StatusUnprocessableEntity, "de 1 à 90"},
		{"too many days", "a", url.Values{"days": {"91"}}, http.StatusUnprocessableEntity, "de 1 à 90"},
		{"nobody", "a", url.Values{"recipients": {"x@y.test, z@y.test"}}, http.StatusUnprocessableEntity, "x@y.test, z@y.test"},
		{"a field that never ends", "a", url.Values{"recipients": {strings.Repeat("x", 100_000)}}, http.StatusBadRequest, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			pilot.upload(c.file, noise(100), c.fields).expect(t, c.status, c.want)
		})
	}
	if w.usage() != (document.Usage{}) {
		t.Errorf("%+v is left", w.usage())
	}
}

func TestFileMustBeLast(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	body, kind := form(t, "a.bin", noise(100), nil)
	boundary := kind[strings.Index(kind, "boundary=")+len("boundary="):]
	after := "\r\n--" + boundary + "\r\nContent-Disposition: form-data; name=\"days\"\r\n\r\n1\r\n--" + boundary + "--\r\n"
	whole := strings.TrimSuffix(string(body), "\r\n--"+boundary+"--\r\n") + after
	request, err := http.NewRequest(http.MethodPost, publicAddress+"/documents", strings.NewReader(whole))
	w.must(err)
	request.Header.Set("Content-Type", kind)
	pilot.do(request).expect(t, http.StatusBadRequest, "")
	if w.usage() != (document.Usage{}) || w.blobs() != 0 {
		t.Errorf("%+v and %d blobs are left", w.usage(), w.blobs())
	}
}
