// Command vault is a Vault server cut down to what Voûte's tests and demo
// use: the transit engine, Kubernetes sign-in, file storage, a file audit
// device and one TLS listener. It runs in production mode: it starts sealed
// and is initialised and unsealed through the ordinary HTTP API.
//
// Vault's server is under the Business Source License (BUSL-1.1). This module
// is a tool for local clusters and tests. Nothing that Voûte ships links it.
package main
