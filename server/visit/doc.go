// Package visit opens a sharing server's public address as a browser would, and
// says in sentences what it saw: whether the name leads somewhere, whether the
// certificate is one that a browser takes, and whether the sign-in page is there
// and is that of the client it should be.
//
// One visit has three steps, and a step that fails ends it. What was seen is
// judged by functions without effects; Look alone touches the network.
package visit
