// Package sharingtenant turns a SharingTenant into running vaults, one for
// each environment, and keeps them so.
//
// One reconcile runs the steps below in order over one scope. A step looks at
// what is there, applies what is desired, and says how far it is; its outcome
// becomes the condition of the same name. A step that fails does not stop the
// later ones: they do what does not depend on it, and say what they wait for.
//
// Before them, schedule finds out what each environment is to run with now: what
// the spec asks for, or, where that interrupts and has to wait for its time, what
// ran before (package rollout says which, package fleet whose turn it is). All
// steps are about that. A change that interrupts is in the status before anything
// of it is done; settle, after the steps, ends it or takes it back.
//
//	calendar       when changes may start
//	retention      the RetentionPolicy, or the one last in force
//	pilots         who administers the client's users
//	keys           Vault serves the operator, and the servers
//	certificate    cert-manager has issued what each server shows
//	storage        a volume for each environment, and the quota that it holds
//	configuration  voute.yaml, effective once the server reports its hash
//	workload       the sharing server itself
//	exposure       the public address
//	settle         how the changes under way went
//	buckets        the keys of days that are over are deleted
//	usage          what the server reports of its storage and certificate, and for
//	               how long its address answered
//
// Before an address is opened for the first time there must be a policy and a
// pilot. Afterwards neither's absence takes it offline: the server keeps the
// last policy and takes no new documents.
//
// The status is written once, at the end, and only if it changed; events come
// after it. An unchanged tenant costs no write, and no read but the servers'
// reports and a look at their addresses.
package sharingtenant
