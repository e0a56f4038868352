package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"path"
	"strings"
	"time"

	"voute.dev/voute/server/config"
	"voute.dev/voute/server/filename"
	"voute.dev/voute/server/language"
	"voute.dev/voute/server/notice"
)

//go:embed templates
var templateFiles embed.FS

// page is one answer in HTML. Whatever the layout shows is asked of it.
type page struct {
	Name     string // of the template
	Title    string // key
	Status   int    // 200 when 0
	Self     string // where the page can be had with GET; the request's path when empty
	Notice   string // key of what has just been done
	Problems []problem
	State    string // of the document shown
	SHA256   string // of the document shown
	Data     any

	r *request
}

// problem is something to correct.
type problem struct {
	Field string // id of the field
	Text  string
}

// words binds the functions of templates to a language.
func words(lang language.Language) template.FuncMap {
	return template.FuncMap{
		"t":    func(key string, values ...any) string { return say(lang, key, values...) },
		"n":    func(key string, n int64) string { return count(lang, key, n) },
		"size": lang.Size,
		"name": fileName,
	}
}

// fileName shows the name of a file: whatever is in it, it neither acts nor changes
// what is around it.
func fileName(name string) template.HTML {
	return template.HTML("<bdi>" + template.HTMLEscapeString(filename.Display(name)) + "</bdi>")
}

// templates has, for each language, one set a page: the layout and its own file.
var templates = func() map[language.Language]map[string]*template.Template {
	all := map[language.Language]map[string]*template.Template{}
	for _, lang := range language.All {
		all[lang] = parse(lang)
	}
	return all
}()

func parse(lang language.Language) map[string]*template.Template {
	layout := template.Must(template.New("layout.html").Funcs(words(lang)).ParseFS(templateFiles, "templates/layout.html"))
	files, err := templateFiles.ReadDir("templates")
	if err != nil {
		panic(err) // embedded
	}
	pages := map[string]*template.Template{}
	for _, file := range files {
		name := strings.TrimSuffix(file.Name(), ".html")
		if name == "layout" {
			continue
		}
		set := template.Must(layout.Clone())
		pages[name] = template.Must(set.ParseFS(templateFiles, path.Join("templates", file.Name())))
	}
	return pages
}

// render writes a page. It is complete before its first byte leaves.
func (r *request) render(p page) error {
	p.r = r
	p.fillIn()
	var body bytes.Buffer
	if err := templates[r.lang][p.Name].ExecuteTemplate(&body, "layout.html", p); err != nil {
		return fmt.Errorf("cannot render page %s: %w", p.Name, err)
	}
	h := r.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(r.lang))
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept-Language, Cookie")
	r.w.WriteHeader(p.Status)
	_, _ = r.w.Write(body.Bytes()) // whoever asked may have gone
	return nil
}

func (p *page) fillIn() {
	if p.Status == 0 {
		p.Status = http.StatusOK
	}
	if p.Self == "" {
		p.Self = p.r.URL.Path
	}
	if done := "notice." + p.r.URL.Query().Get("notice"); p.Notice == "" && known(done) {
		p.Notice = done
	}
}

// What templates ask:

// Lang is the page's language.
func (p page) Lang() language.Language { return p.r.lang }

// Other is the language to switch to.
func (p page) Other() language.Language { return p.r.lang.Other() }

// OtherLink is this page in the other language.
func (p page) OtherLink() string {
	link := p.Self + "?lang=" + string(p.Other())
	if next := p.r.URL.Query().Get("next"); nextAllowed(next) {
		link += "&next=" + next
	}
	return link
}

// To is a link that keeps the visitor's language.
func (p page) To(path string) string { return p.r.link(path) }

// SignedIn tells whether there is somebody to greet.
func (p page) SignedIn() bool { return p.r.signedIn() }

// Pilot tells whether to show what only pilots may do.
func (p page) Pilot() bool { return p.r.signedIn() && p.r.account.Pilot() }

// Person is the name of who is signed in.
func (p page) Person() string { return p.r.account.Name }

// Organization is the client's name.
func (p page) Organization() string {
	return p.r.lang.Pick(p.r.config.Organization.NameFr, p.r.config.Organization.NameEn)
}

// Support is whom to ask for help.
func (p page) Support() string { return p.r.config.Organization.SupportEmail }

// Fraud is whom to tell of a suspicion; may be empty.
func (p page) Fraud() string { return p.r.config.Organization.FraudContact }

// Logo tells whether the client has one.
func (p page) Logo() bool { return p.r.config.Organization.LogoFile != "" }

// Planned is the change to come or under way; nil when nobody is to be told.
func (p page) Planned() *planned {
	c := p.r.config
	if c.Notice == nil {
		return nil
	}
	phase := notice.PhaseOf(c.Notice, p.r.site.Now())
	if phase == notice.Silent {
		return nil
	}
	zone := c.Location()
	return &planned{Notice: c.Notice, Phase: phase, Period: p.r.lang.Period(c.Notice.StartsAt.In(zone), c.Notice.EndsAt.In(zone))}
}

type planned struct {
	*config.Notice
	Phase  notice.Phase
	Period string
}

// Development tells whether this is not the real vault.
func (p page) Development() bool { return p.r.config.Environment == "development" }

// Style is the address of the style sheet.
func (page) Style() string { return "/assets/" + styleName }

// Mark is the address of the service's own mark.
func (page) Mark() string { return "/assets/" + markName }

// Bad tells whether a field is to be corrected, and how.
func (p page) Bad(field string) string {
	for _, problem := range p.Problems {
		if problem.Field == field {
			return problem.Text
		}
	}
	return ""
}

// Moment says a date and time in the client's zone.
func (p page) Moment(t time.Time) string { return p.r.lang.Moment(t.In(p.r.config.Location())) }

// Date says a date in the client's zone.
func (p page) Date(t time.Time) string { return p.r.lang.Date(t.In(p.r.config.Location())) }

// Machine is a date and time for programs.
func (p page) Machine(t time.Time) string { return t.UTC().Format(time.RFC3339) }
