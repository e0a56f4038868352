// Package calendar says when a change may start. It is pure: the time is a
// parameter.
//
// A class of change is bound to weekly periods of local time: fixes to business
// hours without holidays, releases and maintenance to maintenance windows, all
// three outside freezes. The other classes may start at any time. What is not
// known never opens.
//
// A calendar is open at an instant if and only if the instant's local date and
// time lie in a period, counting only the first occurrence of a local time that
// the clocks repeat. Local times that the clocks skip never come. Ends are not
// part of a period. An opening is a maximal interval of open instants: one
// period may have two of them when clocks go back in its midst, and two periods
// that touch make one.
//
// The algorithm: a zone is a sequence of segments with one offset each. Within
// a segment local times and instants differ by the offset, so that the periods,
// written as spans of local seconds, are cut to the segment's local range, less
// what earlier segments have shown already, and shifted. The spans of all
// segments together, merged where they touch, are the openings.
package calendar
