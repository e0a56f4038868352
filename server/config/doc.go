// Package config is voute.yaml: the one file that tells a sharing server who
// it serves and with what. The operator writes it into a ConfigMap mounted
// whole; on a laptop a person writes it. The file is read again whenever it
// changes; a file that does not parse or validate leaves the last good one in
// force, and the status tells so. Hash is the SHA-256 of the bytes in force,
// by which the operator knows that a change has arrived.
package config
