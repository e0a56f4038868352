package web

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
)

var (
	//go:embed assets/style.css
	style []byte
	//go:embed assets/mark.svg
	mark []byte
	//go:embed assets/upload.js
	uploadScript []byte

	styleName        = named("style", style, "css")
	markName         = named("mark", mark, "svg")
	uploadScriptName = named("upload", uploadScript, "js")
)

// named puts a file's hash into its name, so that browsers may keep it for ever.
func named(name string, content []byte, ending string) string {
	sum := sha256.Sum256(content)
	return fmt.Sprintf("%s.%s.%s", name, hex.EncodeToString(sum[:6]), ending)
}

// asset serves what is built in.
func (s *Site) asset(r *request) error {
	switch r.PathValue("name") {
	case styleName:
		return r.static(style, "text/css; charset=utf-8")
	case markName:
		return r.static(mark, "image/svg+xml")
	case uploadScriptName:
		return r.static(uploadScript, "text/javascript; charset=utf-8")
	}
	return errNotFound
}

func (r *request) static(content []byte, kind string) error {
	r.w.Header().Set("Content-Type", kind)
	r.w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	r.w.Header().Set("Content-Security-Policy", imagePolicy)
	_, _ = r.w.Write(content) // whoever asked may have gone
	return nil
}

const (
	largestLogo = 256 << 10
	// imagePolicy keeps an SVG that is opened by itself from doing anything.
	imagePolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
)

var logoKinds = []string{"image/png", "image/jpeg", "image/webp", "image/gif"}

// logo serves the client's logo, if it is an image of a decent size.
func (s *Site) logo(r *request) error {
	content, err := readLogo(r.config.Organization.LogoFile)
	if err != nil {
		return err
	}
	kind := logoKind(content)
	if kind == "" {
		s.Log.Warn("the logo is not served: use a PNG, JPEG, WebP, GIF or SVG file of at most 256 KiB")
		return errNotFound
	}
	sum := sha256.Sum256(content)
	r.w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:12])+`"`)
	r.w.Header().Set("Content-Type", kind)
	r.w.Header().Set("Cache-Control", "public, max-age=300")
	r.w.Header().Set("Content-Security-Policy", imagePolicy)
	if r.Header.Get("If-None-Match") == r.w.Header().Get("ETag") {
		r.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	_, _ = r.w.Write(content) // whoever asked may have gone
	return nil
}

func readLogo(file string) ([]byte, error) {
	if file == "" {
		return nil, errNotFound
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, errNotFound
	}
	defer func() { _ = f.Close() }()
	content, err := io.ReadAll(io.LimitReader(f, largestLogo+1))
	if err != nil || len(content) > largestLogo {
		return nil, errNotFound
	}
	return content, nil
}

// logoKind looks at the content, not at the name.
func logoKind(content []byte) string {
	if kind := http.DetectContentType(content); slices.Contains(logoKinds, kind) {
		return kind
	}
	if isSVG(content) {
		return "image/svg+xml"
	}
	return ""
}
