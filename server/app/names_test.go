package app

import (
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"testing"

	"bytes"
	"mime/multipart"

	"voute.dev/voute/server/config"
	"voute.dev/voute/server/document"
	"voute.dev/voute/server/filename"
)

// send uploads a file with a name that is written as it is.
func (b *browser) send(name string, content []byte) answer {
	b.w.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	header := textproto.MIMEHeader{}
	header.Set("Content-Disposition", `form-data; name="file"; filename*=UTF-8''`+strings.ReplaceAll(url.QueryEscape(name), "+", "%20"))
	part, err := form.CreatePart(header)
	b.w.must(err)
	_, err = part.Write(content)
	b.w.must(err)
	b.w.must(form.Close())
	request, err := http.NewRequest(http.MethodPost, publicAddress+"/documents", &body)
	b.w.must(err)
	request.Header.Set("Content-Type", form.FormDataContentType())
	return b.do(request)
}

// TestNamesAreData: they come back as they were given, always as something to
// keep, and do no harm on pages.
func TestNamesAreData(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	for given, shown := range map[string]string{
		"été.pdf":                       "<bdi>été.pdf</bdi>",
		"../../etc/passwd":              "<bdi>../../etc/passwd</bdi>",
		`C:\a\b.txt`:                    `<bdi>C:\a\b.txt</bdi>`,
		"a\r\nSet-Cookie: x=1":          "<bdi>a␍␊Set-Cookie: x=1</bdi>",
		"annexe\u202efdp.html":          "<bdi>annexe‹U+202E›fdp.html</bdi>",
		"<script>alert(1)</script>":     "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi>",
		strings.Repeat("é", 200) + ".x": "<bdi>" + filename.Keep(strings.Repeat("é", 200)+".x") + "</bdi>",
	} {
		path := pilot.send(given, []byte("<script>alert(1)</script>")).expect(t, http.StatusOK, shown).Request.URL.Path
		w.settle()
		pilot.get("/").expect(t, http.StatusOK, shown)
		pilot.get(path+"/delete").expect(t, http.StatusOK, shown)
		got := pilot.get(path+"/content").expect(t, http.StatusOK, "")
		for header, want := range map[string]string{
			"Content-Disposition":     filename.Disposition(filename.Keep(given)),
			"Content-Type":            "application/octet-stream",
			"X-Content-Type-Options":  "nosniff",
			"Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
			"Set-Cookie":              "",
		} {
			if value := got.Header.Get(header); value != want {
				t.Errorf("%q: %s is %s, want %s", given, header, value, want)
			}
		}
		if d := w.find(path); d.Name != filename.Keep(given) {
			t.Errorf("%q is kept as %q", given, d.Name)
		}
	}
	pilot.send("", noise(10)).expect(t, http.StatusUnprocessableEntity, "Choisissez un document")
}

func TestBlockedKinds(t *testing.T) {
	program := append([]byte("MZ"), noise(5000)...)
	w := newWorld(t, func(c *config.Config) {
		c.Uploads.BlockedExtensions = []string{"exe"}
		c.Uploads.BlockedTypes = []string{"application/vnd.microsoft.portable-executable"}
	})
	pilot := w.pilot()
	for _, name := range []string{"a.exe", "a.pdf.EXE", "a.exe. .", "annexe\u202efdp.exe"} {
		pilot.send(name, noise(10)).expect(t, http.StatusUnprocessableEntity, "dont le nom se termine par .exe")
	}
	pilot.send("a.pdf", program).expect(t, http.StatusUnprocessableEntity, "application/vnd.microsoft.portable-executable")
	if w.blobs() != 0 || w.usage() != (document.Usage{}) {
		t.Errorf("%d blobs and %+v are left", w.blobs(), w.usage())
	}
	pilot.send("a.exe.pdf", noise(10)).expect(t, http.StatusOK, `data-state="scanning"`)
}

// TestBlockedTypeIsFoundWhenScanned: whichever way it came, and whatever was
// blocked when it did.
func TestBlockedTypeIsFoundWhenScanned(t *testing.T) {
	w := newWorld(t)
	pilot := w.pilot()
	path := pilot.send("a.pdf", append([]byte("MZ"), noise(5000)...)).Request.URL.Path
	w.reconfigure(func(c *config.Config) {
		c.Uploads.BlockedTypes = []string{"application/vnd.microsoft.portable-executable"}
	})
	pilot.get(path).expect(t, http.StatusOK, "n’accepte pas les fichiers de ce type")
	if w.find(path).State != document.Failed || w.blobs() != 0 {
		t.Errorf("it is %s", w.find(path).State)
	}
}
