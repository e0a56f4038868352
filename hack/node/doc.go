// Package node runs programs in pid, mount and network namespaces of their own.
//
// Three processes share the work:
//
//   - The command that a person runs opens the doors (sockets on the host's
//     loopback), starts the first process in new namespaces, and returns.
//   - The first process (Init) prepares mounts and network, starts the
//     supervisor and collects orphans. Killing it kills all the rest: that is
//     what the kernel does to a pid namespace whose first process dies.
//   - The supervisor (Supervise) keeps the programs running and answers on a
//     control socket in the node's folder.
//
// The host sees nothing of the node's ports, bridge, packet filter, mounts and
// kernel settings. What comes in comes through the doors: a socket stays in
// the network namespace in which it was made, so the supervisor accepts on the
// host's loopback and dials inside. Several nodes live side by side.
package node
