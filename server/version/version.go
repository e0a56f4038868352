// Package version has the sharing server's own version.
package version

// Version is set by the linker: -X voute.dev/voute/server/version.Version=1.4.0
var Version = "0.1.0"
