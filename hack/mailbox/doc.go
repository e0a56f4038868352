// Package mailbox is a mail relay that delivers nothing: it keeps each message
// as a file and shows them to people and tests over HTTP. Like a real relay it
// asks for TLS and a password before it takes a message.
//
//	GET    /                  a page to read
//	GET    /messages?to=…     the messages as JSON, oldest first
//	GET    /messages/{id}     one message as it was received
//	DELETE /messages          forget them all
package mailbox
