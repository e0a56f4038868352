package web

import (
	"archive/zip"
	"errors"
	"io"
	"net/http"

	"voute.dev/voute/server/document"
	"voute.dev/voute/server/filename"
	"voute.dev/voute/server/share"
)

// pack is a ZIP of a share on its way out: one document after another, each opened
// when its turn has come and closed before the next. It is as it goes, neither on a
// disk nor whole in memory, and stored, not deflated: most documents are packed
// already. One that breaks off has no directory at its end, and opens as no ZIP.
type pack struct {
	r       *request
	archive *zip.Writer
	taken   map[string]bool // names of entries
	begun   bool
}

// zip gives all that somebody may read of a share.
func (s *Site) zip(r *request) error {
	found, err := s.Shares.Find(r.Context(), r.account.ID, r.PathValue("id"))
	if err != nil {
		return err
	}
	if !found.Stands(s.Now()) {
		return share.ErrOver
	}
	contents, err := s.Shares.Contents(r.Context(), r.account.ID, found)
	if err != nil {
		return err
	}
	if err := s.downloads.enter(); err != nil {
		return err
	}
	defer s.downloads.leave()
	p := &pack{r: r, taken: map[string]bool{}}
	if r.Method == http.MethodHead {
		p.begin(s)
		return nil
	}
	return p.all(s, contents)
}

func (p *pack) all(s *Site, contents []document.Document) error {
	nothing := document.ErrNotReady
	for _, d := range contents {
		if !d.Readable(s.Now()) {
			continue
		}
		err := p.add(s, d)
		if errors.Is(err, document.ErrLimit) {
			nothing = err // the others may still be had
			continue
		}
		if err != nil {
			return err
		}
	}
	if !p.begun {
		return nothing
	}
	return p.archive.Close()
}

// begin writes the head of the answer: from here on an error breaks it off.
func (p *pack) begin(s *Site) {
	if p.begun {
		return
	}
	p.begun = true
	s.offer(p.r, p.r.say("share-page.zip-name")+".zip", "application/zip")
	p.r.w.Header().Set("Accept-Ranges", "none")
	p.r.w.WriteHeader(http.StatusOK)
	p.archive = zip.NewWriter(p.r.w)
}

// add opens one document and writes it.
func (p *pack) add(s *Site, d document.Document) error {
	part := document.Part{Length: d.Size, Silent: p.begun}
	d, content, err := s.Documents.Open(p.r.Context(), p.r.actor(), d.ID, part)
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	p.begin(s)
	entry, err := p.archive.CreateHeader(&zip.FileHeader{Name: filename.ZipEntry(d.Name, p.taken), Method: zip.Store, Modified: d.Created})
	if err != nil {
		return err
	}
	given := &watched{Content: content, r: p.r, document: d, checked: s.Now()}
	n, err := giveOut(entry, given, d.Size)
	if err == nil && n < d.Size {
		err = io.ErrUnexpectedEOF
	}
	return err
}
