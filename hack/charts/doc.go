// Package charts renders the project's Helm charts as Helm does, for tests.
//
//	operator      the tests of charts/voute-operator
//	generate      which files of charts and docs follow from others, and how
//	cmd/generate  what `make generate` runs
//
// It is a module of its own: Helm and Prometheus are linked into nothing that
// ships, and into no local cluster. The versions are the newest that ask for
// nothing newer than hack/go.mod has, so that Go's build cache holds each library
// once.
package charts
