// Package page writes what people read on a terminal: headings, fields with their
// names in one column, tables, and sentences that are wrapped.
//
// Names, messages and reasons come from objects that others have written. What
// could move the cursor or turn the direction of a line is shown as �, so that an
// object cannot write over what is said of another.
package page
