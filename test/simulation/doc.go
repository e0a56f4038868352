// Package simulation does what the rest of a cluster does, as far as the
// operator sees it: cert-manager, a storage driver, nodes, a load balancer, and
// the sharing servers.
//
// Advance is the pure part: the next status of one object. Cluster gives it to
// every object that carries a tenant's label, turn by turn, through any client
// of an API server. Servers answer on the real status port, with the server's
// own code, and tell of what the operator has written.
package simulation
