// Package fleet knows how far all clients are with a change, and says whose turn
// it is.
//
// A Ledger has one line for each environment, which follows from the status of its
// tenant and nothing else: an operator that starts anew reads the statuses, and
// goes on where the one before it was. It is asked with every change that is held
// to hours, after the calendar has let it through:
//
//	halt    a version that people have halted is started by nobody else; where a
//	        set number of clients failed with this very change, nobody else starts
//	        it until a person has looked
//	first   of the clients that are to have a version, a share gets it before
//	        the others, and has to run it healthy for a set time
//	slots   no more environments change at the same time than are allowed; who is
//	        woken for a free one and does not take it passes the wake on
//
// A claim that is granted is in the ledger before it is in the status, so that two
// tenants looked at together do not both take the last slot.
package fleet
