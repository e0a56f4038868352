// Package buckets says of which days an environment's keys are to be deleted now.
// It knows neither Vault nor Kubernetes.
//
// A bucket is a calendar day in the platform's zone; a week's bucket is named by
// its last day, so that it is one of them. Days are gone through one after
// another, from the one after the last that is done: what names keys is the
// calendar, and nothing has to be listed.
//
// A day is due some hours after it is over, at a time of its own for each
// environment. Its key is deleted once the server says that nothing may be opened
// by it any more: that it has swept since the day was over, and that the first
// bucket with something in it is a later one. Where the server does not say so,
//
//   - the operator waits for a bounded number of days, counted from the end of the
//     bucket's day and from when it began to wait, whichever is later. What it waits
//     for, and until when, is told, so that a clock that jumps ahead, or an operator
//     that was away, deletes nothing before people have had the same time to look;
//   - then it deletes the key all the same, and says so.
//
// A server whose clock is wrong could bring a key to life again after that. Each
// day is therefore looked at again twice.
package buckets
