// Package apply puts a desired object into the cluster, and writes nothing
// when it is there already.
//
// The algorithm, for each object:
//
//  1. Ask the metadata cache for uid and resourceVersion. Both as remembered
//     from the last full look, and the same desired object: nothing to do, and
//     not even a read.
//  2. Where neither cache nor memory knows of one: create it. The API server
//     refuses that for a name which is taken, so that nothing is written over.
//  3. Read the object from the API server and compare. It is as desired when
//     it carries the hash of the desired object, holds every desired field,
//     has our field manager, and nobody else has put a field into the closed
//     parts (see closedParts). Then remember it: no write.
//  4. Server-side apply by the one field owner, with force. This takes changed
//     fields back, and removes what we no longer want; before the first apply,
//     what the object was made with is marked as applied.
//  5. Where others have put something into a closed part, that part is then set
//     to exactly what is desired, because server-side apply alone would leave an
//     injected container, volume or host setting in place.
//
// Whose a field is, is read from managedFields; an object on which our own
// entry is missing is treated like one that others have written to.
package apply
