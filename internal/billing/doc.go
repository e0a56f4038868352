// Package billing keeps a statement for each client and month.
//
// A statement holds what was recorded, and the amounts that follow from that and
// from nothing else: whoever has it can compute them again.
//
//   - An allocation is recorded when it takes effect, by the look that puts it into
//     effect. The end of the service is an allocation of 0 GB, and is recorded before
//     the tenant may go.
//   - While the month goes on the statement follows prices and interventions. An
//     intervention is billed with the month in which it was done, or, told late, with
//     the one that goes on; its price is that of its day.
//   - When the month is over, the next one is opened first, with the allocation that
//     goes on, and then this one is closed. Whoever finds both half done does the
//     rest: to open what is open, or to close what is closed, does nothing. After a
//     time without an operator, months follow each other until the one that goes on.
//
// What is here is pure but for Book, which keeps statements in the cluster.
package billing
