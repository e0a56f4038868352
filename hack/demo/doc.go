// Package demo brings up a client's vault from nothing, on a local cluster or
// on the one that KUBECONFIG names, and ends by showing it: the table, the
// addresses, the pilot's invitation.
package demo
