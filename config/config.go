// Package config is what is installed: kinds, rights, admission, the operator, and
// what a platform team sets up in Vault. Programs read from it what should be there.
// Its tests install the tree on a real API server, and try the operator's rights as
// the operator.
package config

import "embed"

// Files are those that a cluster or a Vault is compared with.
//
//go:embed crd/bases/*.yaml admission/*.yaml vault/*.hcl vault/role-*.json
var Files embed.FS
