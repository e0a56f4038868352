// Package e2e drives the whole product on a real one-node cluster: Kubernetes,
// Vault, cert-manager, clamd and a mailbox are the real programs, and nothing
// is mocked. `make test-e2e` brings the cluster up, names its description in
// VOUTE_CLUSTER and runs this package; without it the tests say so and skip.
//
// Each test makes a client of its own, in a namespace of its own, so that
// tests do not depend on one another's order. The tests that seal Vault or
// look into the antivirus's spool, or take the platform's file and the operator's
// clock, do not run beside others.
package e2e
