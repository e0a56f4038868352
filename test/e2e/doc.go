// Package e2e drives the whole product on a real one-node cluster: Kubernetes,
// Vault, cert-manager, clamd and a mailbox are the real programs, and nothing
// is mocked. `make test-e2e` brings the cluster up, names its description in
// VOUTE_CLUSTER and runs this package; without it the tests say so and skip.
//
// Each test makes a client of its own, in a namespace of its own, so that tests
// depend neither on one another's order nor on who runs beside them: most run
// four at once, since what they do most is wait. Those that are about everybody
// go before them, one at a time: to seal Vault, to take the platform's file and
// the operator's clock, to make ten clients and look after the whole platform.
package e2e
