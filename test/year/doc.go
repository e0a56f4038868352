// Package year lives simulated years: 200 tenants on the API in memory, with
// calendars of all continents, and an operator that crashes. People edit and take
// back, freeze, suspend, ask for changes at once and try again; the platform
// offers fixes and releases, some of which do not start. All of it follows from a
// seed.
//
// The clock goes from one thing that is due to the next: a look at a tenant that
// the operator has asked for or that a watch brings about, a node that starts a
// server, something of the year's plan. At one instant these come in any order. About
// a dozen tenants follow the platform's versions, and the others have pinned
// theirs: in a seed that 250 divides all follow, which takes minutes.
//
// An operator looks at each tenant twice a minute, which would be 200 million looks
// a year. They are left out, since a look at what has not changed finds nothing: a
// sample is not left out, and may write nothing. What depends on them all the same
// (that the first clients have run a version for long enough, for one) is known to
// the oracle, which gives one look back. A change that waits for its time, or for
// a place among those that change, has to start without.
//
// The oracle shares nothing of the operator's decisions. It reads the log of what
// was written, and knows from the specs, the platform's files and the objects which
// versions run, since when a server serves, what was asked for when, and so
//
//   - that nothing starts that interrupts but in its time, in its turn, and with a
//     place; a first roll-out, a return and an emergency are seen from the log;
//   - that no server restarts, and no address moves, but by such a start;
//   - that what waits says so, with the right reason and the right time, and that
//     what nothing hinders has started;
//   - that what does not serve by its deadline is taken back, and not tried again
//     unasked;
//   - that nothing is looked at or written again and again;
//   - that all run what they should in the end.
//
// Openings are package calendar's, which has an oracle of its own.
package year
