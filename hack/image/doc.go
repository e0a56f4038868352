// Package image makes container images without a container engine and without
// a base image: one static program, the certificate authorities that the
// machine trusts, and time zones. The format is the archive that every engine
// loads (docker load, podman load, ctr images import).
//
// The same inputs make the same bytes: nothing in an image tells when or where
// it was made.
package image
