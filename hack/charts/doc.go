// Package charts renders the project's Helm charts as Helm does, so that tests
// can hold them to what the tree says: to kustomize's output, to the types of
// Kubernetes, to the restricted profile of pods, and to the loader of the platform
// configuration. Its alerts are tried on Prometheus' own engine.
//
// It is a module of its own: Helm and Prometheus are linked into nothing that
// ships, and into no local cluster. The versions are the newest that ask for
// nothing newer than hack/go.mod has, so that Go's build cache holds each library
// once.
//
//	cmd/generate  what `make generate` runs
//	generate      which files of charts and docs follow from others, and how
package charts
