// Package availability counts for how long an address answered, and asks it.
//
// A Record is about one address and one contract year, which begins on 1 April in
// the platform's zone as prices do. What counts is the time outside maintenance:
//
//	observed    somebody looked, and found the address as the record says it was
//	down        the part of it in which it did not answer
//	unobserved  nobody looked: counted neither way, and shown
//
// Between two looks the address is taken to have been as it was found at the
// first. Where more than Gap lies between them, nobody looked: after an outage of
// the operator itself, for example. What one look finds is asked again before it
// is believed, so that one lost packet is no outage.
//
// The record in a status is written when something is to be told: the address
// stopped or began to answer, time went by unobserved, a year has begun, or, once
// a day, the percentage has moved. In between the time is counted from the record
// itself, so that an address that answers costs no write.
package availability
