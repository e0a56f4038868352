// Command local builds and runs local clusters: a real one-node Kubernetes with
// Vault, cert-manager, clamd and a mailbox, and Voûte in it. See package
// cluster for what is real and what stands in for something.
package main
