// Package crash ends the operator at every write that it makes, and takes from
// it, for a while, everything that it works with. In the end all must be as if
// nothing had happened.
//
// The operator runs as a process of its own, with the rights of its real
// ServiceAccount, on a real API server and a real Vault in production mode with
// the policies of config/vault. cert-manager, storage, nodes and the sharing
// servers are simulated, and go on whatever becomes of the operator. Each client
// has a namespace and an operator of its own, which lists and watches nothing
// else: so that several clients live side by side.
//
// A client's life has five phases: it is created, changed in many ways at once,
// deleted with Retain, created again over what was retained, and deleted with
// Destroy, with two keys in Vault for each environment. One client lives
// undisturbed, twice. The state at the end of each of its phases is what every
// other life is compared with: all objects of the namespace with their status,
// their owners and who owns which field, and the names of the keys in Vault;
// without what every run makes anew.
//
// # Cuts
//
// All writes, to Kubernetes and to Vault, pass one place in the process. It
// kills the process with SIGKILL at the n-th write of a phase: in one mode when
// the answer arrives and before anybody sees it, in the other when the process
// asks for the next write. For n = 1, 2, 3 and so on until a whole life passes
// without an end; and then at each write of the undisturbed life at which none
// has ended by chance, because the order of writes is not always the same. A new
// process must bring the client to the same state. Leases, events, the sign-in
// to Vault and reads do not count as writes.
//
// # Faults
//
// The first answer to each write is lost while the operator goes on; two
// operators work at once, without a Lease; the leader is killed, and another
// one waits for its Lease; cert-manager does nothing for a while, then refuses;
// Vault is sealed, or its process ends, while a client is created and among the
// keys of one that is destroyed; the API server ends while one client is half
// created, one half changed and one half destroyed.
//
// After each phase of these lives nothing is written while every operator looks
// at all servers several times over, and while a fault lasts the operator comes
// to rest, too.
//
// # Events
//
// A fact is an event with its object, reason and words. No operator tells a fact
// more often in a phase than things were changed in it that may bring it about.
// One more is allowed for one fact where the operator was killed in between.
//
// With VOUTE_SOAK=1 (`make soak`) the API server is away for a minute instead
// of seconds.
package crash
