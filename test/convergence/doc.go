// Package convergence tries that the end does not depend on the way: after any
// sequence of edits, a tenant is as one that was made with the last spec.
//
// A sequence follows from a seed: edits to what people wish (a tenant, its
// pilots and policies, the platform's configuration), things that others do to
// the operator's objects, and a mode, which says how hard the operator has it
// meanwhile (see modes). The reconcilers are driven one by one against the API
// in memory, with a clock that moves when it is told to, so that a seed that
// fails fails again; it is then cut down to the edits that it takes. A few
// sequences run against a real API server and the whole operator.
//
// At the end of a sequence
//
//   - every object of the namespace, statuses included, is equal to that of a
//     fresh tenant with the last wishes, but for what differences states;
//   - nothing is written any more, however much time goes by;
//   - each fact was told at most once: see facts.
package convergence
