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
// A client's life has six phases: it is created, gets another version, is changed
// in many ways at once, deleted with Retain, created again over what was retained,
// and deleted with Destroy, with two keys in Vault for each environment.
//
// A fleet of two clients has another life. One asks for a version that never gets
// ready: its development starts it, is not healthy by its deadline, and is taken
// back. The other client asks for the same, and is halted. Somebody has both try
// again: both fail, and both are taken back. Then both ask for a version that gets
// ready. The next life begins where this one has ended, with higher versions.
//
// One client and one fleet live undisturbed, twice. The state at the end of each of
// their phases is what every other life is compared with: all objects of the
// namespace with their status, their owners, who owns which field, and how many
// generations they have had in this life, and the names of the keys in Vault;
// without what every run makes anew.
//
// # Time
//
// Nobody waits for a deadline: as soon as the changes that are to fail were begun,
// it is a later time for all processes of the client, the present and the next ones.
// The time that was passed over stays passed over. Vault, Leases and events go by
// the machine's clock.
//
// # Cuts
//
// All writes, to Kubernetes and to Vault, pass one place in the process. It
// kills the process with SIGKILL at the n-th write of a phase: at every other one
// when the answer arrives and before anybody sees it, at the rest when the process
// asks for the next write. For n = 1, 2, 3 and so on until a whole life passes
// without an end; and then, before anybody sees the answer, at each write of the
// undisturbed life at which none has ended by chance, because the order of writes
// is not always the same. A new process must bring the client to the same state.
// Leases, events, the sign-in to Vault and reads do not count as writes.
//
// # Faults
//
// The first answer to each write is lost while the operator goes on; two
// operators work at once, without a Lease; no operator lives for longer than
// three writes; one after another looks after a fleet, and knows of it what the
// statuses say; the leader is killed, and another one waits for its Lease;
// cert-manager does nothing for a while, then refuses; Vault is sealed, or its
// process ends, while a client is created and among the keys of one that is
// destroyed; the API server ends while one client is half created, one has half
// of another version, one is half changed and one half destroyed.
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
// With VOUTE_SOAK=1 (`make soak`) all writes are cut in both ways, and the API
// server is away for a minute instead of seconds.
package crash
