// Package web is what people see: pages rendered on the server, in French and
// English, that work without a script.
//
// All routes stand in one table (routes.go); each action has a file. What an
// action returns as an error becomes a page in one place (errors.go).
//
// # Addresses and fields
//
// Forms are application/x-www-form-urlencoded unless said otherwise. A form
// that is accepted answers 303; one that is not answers 422 with the form and
// what to correct. ?lang=fr and ?lang=en choose the language of any page.
//
//	GET  /                              sign-in page; signed in: the home page
//	POST /sign-in                       email, password [, next]
//	GET  /sign-in/code                  page for the code
//	POST /sign-in/code                  code (spaces are ignored)
//	POST /sign-in/code/again            mails another code
//	POST /sign-out
//	GET  /invitation/{token}            page to choose a password
//	POST /invitation/{token}            password, password2, terms=yes
//	GET  /documents/new                 upload page
//	POST /documents                     multipart/form-data: days (optional), recipients (e-mail addresses,
//	                                    one a line, or repeated; optional), file: the last part
//	GET  /documents/{id}                a document's page
//	GET  /documents/{id}/content        its bytes; ranges are served, eight at a time
//	POST /documents/{id}/share          email (one or several, one a line, or repeated)
//	GET  /documents/{id}/delete         asks to confirm
//	POST /documents/{id}/delete
//	POST /documents/{id}/extend         days (how many more)
//	POST /documents/{id}/give-up        ends an upload that has not arrived
//	OPTIONS, POST /uploads              tus 1.0: what the server can do; opens an upload
//	HEAD, PATCH, DELETE /uploads/{id}   how far it has come; its next bytes; its end
//	POST /uploads/{id}                  one of these three, named in X-HTTP-Method-Override
//	GET  /uploads/{id}                  leads to the document, once it has arrived
//	GET  /shares                        what one has shared, and what others share
//	GET  /shares/new                    page to share documents; ?document=ID chooses, may be repeated
//	POST /shares                        document (repeated), email (as above), message, days, limit, notify=yes
//	                                    (the last four optional)
//	GET  /shares/{id}                   a share's page, for its sender or a recipient
//	GET  /shares/{id}/zip               all that one may read of it, in one ZIP
//	POST /shares/{id}/recipients        email (as above)
//	POST /shares/{id}/recipients/{account}/remove
//	POST /shares/{id}/notice            tells the recipients again
//	POST /shares/{id}/extend            days from now; empty: as long as its documents
//	POST /shares/{id}/recall            ends it, its documents stay
//	GET  /shares/{id}/delete            asks to confirm
//	POST /shares/{id}/delete            destroys its documents
//	GET  /quarantine                    pilots only, as those that follow
//	GET  /users
//	POST /users                         name, email, language (fr or en)
//	POST /users/{id}/disable
//	POST /users/{id}/invite             mails a fresh invitation
//	GET  /holds                         pilots only, as the three that follow: documents by id, sender, size and
//	                                    dates; q is the beginning of an id, or a sender's e-mail address
//	GET  /holds/{id}                    asks for the reason
//	POST /holds/{id}                    reason
//	POST /holds/{id}/release
//	GET  /account
//	POST /account                       language
//	GET  /terms
//	GET  /logo, /assets/{name}
//
// POST /shares redirects to /shares/{id}; POST /documents redirects to /documents/{id}. For programs that read pages,
// <main> carries data-page (its template), data-state (of a document: scanning,
// available, quarantined, failed) and data-sha256 (of a document that is not
// refused); a user's row has data-account and data-state. What is under legal hold
// has data-held.
//
// Of a change to come, every page tells in an element with data-notice (fix,
// release or maintenance) and data-phase (coming or under-way).
//
// Under /uploads programs are answered: an error is a line of text, in the
// person's language, not a page; docs/uploads.md has what each status means. The
// upload page's script (assets/upload.js) speaks the same; that page alone has a
// policy that lets a script run. On the home page an open upload's row has
// data-upload, data-received and data-length.
//
// # Status codes
//
// 403 not allowed, or as many downloads as the share allows · 404 unknown, or
// somebody else's · 409 not where the upload is · 410 expired, deleted or ended ·
// 413 larger than a document may be · 415 a blocked kind of file · 416 no such part
// of a document, or more than eight at once · 421 not this server's name · 422 to
// correct · 429 wait (Retry-After) · 503 a service behind is away, or the server
// restarts and takes no new uploads (Retry-After) · 507 no room left within the
// quota.
//
// # The cookie
//
// There is one, session_id: an opaque token, HttpOnly, Secure, SameSite=Lax,
// for this host only. It is set after the password and replaced after the code.
package web
