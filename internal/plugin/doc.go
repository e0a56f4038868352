// Package plugin is kubectl voute: the commands, and the thin edge to the cluster.
//
// Each command that reads does three things. It gathers objects with the rights of
// whoever calls it; a pure package (status, windows, progress, pilots, bill, doctor) makes
// of them what is to be said; and that is printed, as a page for people or, with -o
// json and yaml, as it is. Nothing is decided here that the operator does not decide:
// calendars are asked of package calendar, turns of package fleet, amounts of package
// billing.
//
// Two commands write. Rollout resume does what docs/operations.md does by hand; rollout
// halt, and rollout resume with a version, edit the text of the platform configuration
// (package halt), which the operator reads by itself.
package plugin
