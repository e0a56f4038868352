// Package memoryapi is a Kubernetes API server in memory, as far as the
// operator relies on one. It passes the contract of package apitest, as the real
// one does.
//
// A Model has what is known of the kinds: their defaults, which have a status,
// and how the fields of each are owned (by the very code that an API server
// uses for that). An API holds objects. A Client is one user of it, whose calls
// can be made to fail or to wait. A Cache follows the API's log of changes, as
// far behind as it is told to be, and answers like the operator's own cache.
//
// There is no garbage collector, no admission webhook and no validation but
// that of volume claims: random campaigns write what is valid.
package memoryapi
