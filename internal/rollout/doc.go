// Package rollout says what a change of an environment is to those who use it,
// and when it may start. It is pure: the time is a parameter, and so is what is
// known of other clients.
//
// A Revision is all of an environment that cannot change under a running server
// without an interruption: its Deployment and its public Service as they are
// rendered, its host, and what the server mounts. It is named by a hash of its
// content and kept in a ControllerRevision, which cannot be changed, so that what
// runs can be put back, or returned to, whatever the spec, the platform or the
// operator itself say since.
//
//	Compare   two revisions → what the change is, and a sentence for people
//	Decide    a change, the calendar and the state of others → start, or what it waits for
//
// The difference is taken from what is rendered and not from the field that
// somebody has touched: a change of the platform's configuration and an upgrade of
// the operator are changes like any other. A difference that nothing here knows is
// maintenance. What is not part of a revision (configuration, network policy,
// certificates, volumes) reaches a running server, and is applied at once.
package rollout
