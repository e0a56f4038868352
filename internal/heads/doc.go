// Package heads makes informers that keep of an object who it is, and little of
// that: an operator has some twenty objects to a client, and Kubernetes' own form
// of their metadata takes five times as much as what anybody asks of it.
//
// An informer of this package is the usual one, of which nobody outside sees what
// it stores:
//
//	in    what the API server sends becomes a head: namespace, name, uid, version,
//	      the client's label, and the controller. What several objects have in
//	      common is there once.
//	out   what is read from the store, and what handlers are told, is metadata
//	      again, made anew for each reader, with these fields and no others.
package heads
