// Package shred is the proof that what expired is gone, out of backups too.
//
// A sharing server, with its own code, SQLite and a volume, seals documents under
// keys of a real Vault in production mode, as which it signs in with the policies
// and roles of config/vault and a token that a real API server reviews. Its volume
// and database are copied: the backup. One document expires, and the operator's
// own code, with the operator's own rights, deletes the key of its day. The copy
// is put back and is given a valid identity of the server, and a clock that says
// what it said when the copy was made: as somebody would who wants to read what
// should be gone. Whatever that identity may do in Vault, the document that
// expired does not open; the one that is still alive, and the one under legal
// hold, do.
package shred
