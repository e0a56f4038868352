// Package doctor says whether a cluster is ready for Voûte, or, once it is
// installed, whether all that it stands on is as it should be.
//
// Facts are what was seen; whoever gathers them judges nothing. Examine is pure, and
// goes through them check by check. Each finding is ok, warn or fail, with what to do
// next. What could not be seen is a warning and never ok: for want of a right, or
// because an address inside the cluster cannot be reached from an administrator's
// machine. Of what was seen to be wrong it says fail.
//
// What is installed is compared with the files of config/ that this program was built
// with: every field of theirs has to be there as they have it. What the API server
// adds as a default is not looked at.
package doctor
