// Package version tells which operator this is.
package version

// Version is set at link time; the default is the version under development.
var Version = "0.1.0"
