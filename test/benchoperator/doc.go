// Package benchoperator measures the operator on a real API server, etcd and
// Vault. There is no node: a simulation marks what a node, cert-manager, a
// storage driver and a load balancer would, and answers for the sharing servers
// with figures of use that move all the time, by less than the operator writes.
//
// The operator runs as a program of its own, without the code of tests, so that
// its memory and processor time are what the kernel counts for it. What it
// writes is counted in the API server's audit log and in Vault's audit file.
//
// Beside it, a bare client makes the same objects, one finalizer and two
// patches of the status for each tenant, with the same simulation and the same
// watches, and with nothing that holds it back: how fast the API server itself
// is. Each run has a new API server. Operator and bare client alternate; the
// bare client has as many workers as were the fastest in the first round.
//
// In the last round the tenants are then left alone for a while, and what the
// operator does all the same is counted, what it reads included. After that a fix
// goes through all of them by the platform's file, and another one by a bare
// client that makes as few writes as would say as much, as many environments at
// a time, on the same objects.
//
// It is all in tests, because the programs that it starts belong to a test:
// `make bench-operator N=50`.
package benchoperator
