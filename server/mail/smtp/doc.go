// Package smtp hands messages to a relay: one connection a message, encrypted
// by STARTTLS or TLS from the start as configured and never less, signed in
// with AUTH PLAIN over TLS only. The credentials are read for each message, so
// that a rotated Secret needs no restart.
//
// A 5xx answer to the recipient or the message is final. All else (no
// connection, 4xx, a sign-in or a sender that the relay refuses) is
// ErrUnavailable: it does not depend on the message, and passes or is put right
// by an administrator. An acceptance counts even when the connection breaks
// after it.
//
// Errors give the relay's codes, never its words: these often repeat the
// recipient's address.
package smtp
