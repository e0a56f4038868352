package web

import "net/http"

// access says who may reach a route.
type access int

const (
	anyone  access = iota
	halfway        // the password was right, the code is awaited
	member         // signed in
	pilot          // signed in, and a pilot
)

type route struct {
	pattern string
	access  access
	action  func(*Site, *request) error
}

// routes is every address of the site.
var routes = []route{
	{"GET /{$}", anyone, (*Site).home},
	{"POST /sign-in", anyone, (*Site).signIn},
	{"GET /sign-in/code", halfway, (*Site).codePage},
	{"POST /sign-in/code", halfway, (*Site).code},
	{"POST /sign-in/code/again", halfway, (*Site).codeAgain},
	{"POST /sign-out", anyone, (*Site).signOut},
	{"GET /invitation/{token}", anyone, (*Site).invitationPage},
	{"POST /invitation/{token}", anyone, (*Site).invitation},

	{"GET /documents/new", member, (*Site).uploadPage},
	{"POST /documents", member, (*Site).upload},
	{"GET /documents/{id}", member, (*Site).document},
	{"GET /documents/{id}/content", member, (*Site).content},
	{"POST /documents/{id}/share", member, (*Site).share},
	{"GET /documents/{id}/delete", member, (*Site).deletePage},
	{"POST /documents/{id}/delete", member, (*Site).delete},
	{"POST /documents/{id}/extend", member, (*Site).extend},

	{"OPTIONS /uploads", member, (*Site).offerUploads},
	{"POST /uploads", member, (*Site).createUpload},
	{"OPTIONS /uploads/{id}", member, (*Site).offerUploads},
	{"HEAD /uploads/{id}", member, (*Site).uploadState},
	{"GET /uploads/{id}", member, (*Site).uploaded},
	{"PATCH /uploads/{id}", member, (*Site).appendUpload},
	{"DELETE /uploads/{id}", member, (*Site).endUpload},
	{"POST /uploads/{id}", member, (*Site).postUpload},
	{"POST /documents/{id}/give-up", member, (*Site).deleteUpload},

	{"GET /shares", member, (*Site).shares},
	{"GET /shares/new", member, (*Site).newShare},
	{"POST /shares", member, (*Site).createShare},
	{"GET /shares/{id}", member, (*Site).sharePage},
	{"GET /shares/{id}/zip", member, (*Site).zip},
	{"POST /shares/{id}/recipients", member, (*Site).addRecipients},
	{"POST /shares/{id}/recipients/{account}/remove", member, (*Site).removeRecipient},
	{"POST /shares/{id}/notice", member, (*Site).resendShare},
	{"POST /shares/{id}/extend", member, (*Site).extendShare},
	{"POST /shares/{id}/recall", member, (*Site).recallShare},
	{"GET /shares/{id}/delete", member, (*Site).deleteSharePage},
	{"POST /shares/{id}/delete", member, (*Site).deleteShare},

	{"GET /quarantine", pilot, (*Site).quarantine},
	{"GET /users", pilot, (*Site).usersPage},
	{"POST /users", pilot, (*Site).addUser},
	{"POST /users/{id}/disable", pilot, (*Site).disableUser},
	{"POST /users/{id}/invite", pilot, (*Site).inviteUser},

	{"GET /holds", pilot, (*Site).holdsPage},
	{"GET /holds/{id}", pilot, (*Site).holdPage},
	{"POST /holds/{id}", pilot, (*Site).hold},
	{"POST /holds/{id}/release", pilot, (*Site).release},

	{"GET /account", member, (*Site).accountPage},
	{"POST /account", member, (*Site).account},
	{"GET /terms", anyone, (*Site).terms},
	{"GET /logo", anyone, (*Site).logo},
	{"GET /assets/{name}", anyone, (*Site).asset},
	{"/", anyone, (*Site).nothing},
}

// Patterns lists the addresses, for tests of what all pages have in common.
func Patterns() (all []string) {
	for _, r := range routes {
		all = append(all, r.pattern)
	}
	return all
}

func (s *Site) mux() *http.ServeMux {
	mux := http.NewServeMux()
	for _, r := range routes {
		mux.Handle(r.pattern, s.serve(r))
	}
	return mux
}
