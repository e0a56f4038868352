// Package gateway stands before clamd, in its pod: a TLS 1.3 listener that lets
// in only clients with a certificate of the pinned authority, and passes what
// they send to clamd's unix socket. So no document crosses the network in
// clear, and clamd itself listens to no network.
//
// It lets through two commands, zPING and zINSTREAM, one a connection: clamd's
// others would let one client stop it for all, or have it read files. It
// follows the chunks of a stream, so that it can tell a client that sends
// nothing (ended after Idle) from one that waits for its verdict (after
// Patience). No more than MaxScans streams reach clamd at a time, because
// clamd first keeps each whole one in memory; the others wait a moment and are
// told that it is busy.
//
// When clamd ends early (the document is too large) it passes the answer on
// and goes on taking what the client still sends: closed at once, the
// connection would be reset, and the answer lost on the way.
package gateway
