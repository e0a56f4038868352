package mailbox

import (
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
)

var page = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Mailbox of the local cluster</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:50em;margin:2em auto;padding:0 1em}
article{border-top:1px solid #888;padding:1em 0}pre{white-space:pre-wrap;font:inherit}</style></head><body>
<h1>Mailbox of the local cluster</h1>
<p>Every message that the cluster sent, the newest first. None left this machine.</p>
{{range .}}<article><h2>{{.Subject}}</h2><p>{{.Date.Format "2006-01-02 15:04:05"}} · from {{.From}} · to {{range .To}}{{.}} {{end}}· <a href="/messages/{{.ID}}">source</a></p>
<pre>{{.Text}}</pre>{{range .Links}}<p><a href="{{.}}">{{.}}</a></p>{{end}}</article>
{{else}}<p>No message yet.</p>{{end}}</body></html>
`))

func handler(store *folder) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { show(w, store) })
	mux.HandleFunc("GET /messages", func(w http.ResponseWriter, r *http.Request) { list(w, store, r.FormValue("to")) })
	mux.HandleFunc("GET /messages/{id}", func(w http.ResponseWriter, r *http.Request) { source(w, store, r.PathValue("id")) })
	mux.HandleFunc("DELETE /messages", func(w http.ResponseWriter, _ *http.Request) {
		if err := store.clear(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	return mux
}

func messages(store *folder, to string) ([]Message, error) {
	names, err := store.names()
	if err != nil {
		return nil, err
	}
	found := []Message{}
	for _, name := range names {
		file, err := store.read(name)
		if err != nil {
			continue // removed meanwhile
		}
		message, err := Parse(name, file)
		if err != nil {
			message = Message{ID: name, Subject: "(unreadable)", Text: err.Error()}
		}
		if message.sentTo(to) {
			found = append(found, message)
		}
	}
	return found, nil
}

func list(w http.ResponseWriter, store *folder, to string) {
	found, err := messages(store, to)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(found)
}

func show(w http.ResponseWriter, store *folder) {
	found, err := messages(store, "")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	slices.Reverse(found)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = page.Execute(w, found)
}

func source(w http.ResponseWriter, store *folder, id string) {
	file, err := store.read(id)
	if err != nil {
		http.Error(w, "no such message", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write(file)
}
