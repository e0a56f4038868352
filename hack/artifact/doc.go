// Package artifact makes what a local cluster is built from and keeps it in
// the cache folder: programs compiled from Go modules, programs unpacked from
// Debian packages. Each thing lies in a folder named after its version and a
// hash of all that went into it, so that a fresh clone on the same machine
// finds it, and an edit of its source makes it anew.
//
// Nothing is installed: packages are downloaded and unpacked, their scripts do
// not run and no daemon of the machine is started.
package artifact
