// Package hostile makes inputs that nobody should send. It reads the fields of
// a kind from its CRD, so that a new field is tried by itself, and gives for
// each a list of values that follows from the field's type and bounds: wrong
// types, the bounds and one beyond, control and invisible characters, bytes that
// are no UTF-8, texts that mean something to YAML, HTML, a shell or a path, and
// hosts that are no client's.
//
// A Mutation is one such value at one place of a document; several can be put
// into one. The package only makes documents: who sends them decides what must
// become of them.
package hostile
