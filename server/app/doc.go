// Package app puts the sharing server together and runs it: configuration,
// database, the services behind, the workers and the three ports.
//
// What follows the configuration while the server runs: everything but the
// ports, the certificate's paths and the storage directory, which are read at
// the start. Clients of the services behind are made anew when their settings,
// or the trusted certificates, change.
package app
