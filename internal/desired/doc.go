// Package desired turns one environment of a tenant into the Kubernetes objects
// that serve it. Every builder is a pure function of Input: the same input gives
// the same bytes, and nothing is read from anywhere else. A builder that returns
// nil says that the object is not wanted: one that exists is to be removed.
//
//	SharingTenant ─ environment ─┬─ ServiceAccount        the identity that Vault knows; no rights in Kubernetes
//	  + Pilots, RetentionPolicy  ├─ NetworkPolicy         who may call the server, and whom it may call
//	  + platform configuration   ├─ Certificate           of the address; nil when the client bought one
//	                             ├─ ScanCertificate       the server's client certificate for the scan gateway
//	                             ├─ PersistentVolumeClaim documents and database
//	                             ├─ ConfigMap             voute.yaml; nil while no retention is known
//	                             ├─ Deployment            the sharing server
//	                             ├─ StatusService         where the operator asks the server how it is
//	                             └─ PublicService         the address
//
// Every object lies in the tenant's namespace, carries Labels, and is owned by
// the tenant so that it goes with it. The PersistentVolumeClaim alone has no
// owner: documents outlive a tenant deleted with the policy Retain.
//
// No builder makes a Secret: those the server mounts are made by cert-manager
// or by the platform team, and are mounted by name. What changes while a server
// runs (pilots, retention, quota, branding, addresses, operator keys, trusted
// certificates) is in the ConfigMap only, so that it never restarts a server.
package desired
