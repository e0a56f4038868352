// Package clamd asks ClamAV's daemon for a verdict, by its INSTREAM command:
// chunks of at most 64 KiB, each with its length before it, ended by an empty
// one. It reaches clamd through the mutual-TLS gateway of package gateway, or
// on a laptop by its unix socket.
//
// clamd may answer before the document is over (it is too large) and then
// takes no more: so the answer is read beside the sending, and still after the
// sending has failed. "OK" counts only as the answer to a whole document. A
// document that cannot be read to its end is never ended: clamd sees the
// connection break, and gives no verdict on a part.
package clamd
