package main

import (
	"slices"

	kubeauth "github.com/hashicorp/vault-plugin-auth-kubernetes"
	"github.com/hashicorp/vault/builtin/logical/transit"
	"github.com/hashicorp/vault/sdk/helper/consts"
	"github.com/hashicorp/vault/sdk/logical"
)

// plugins is everything this Vault can mount. Vault's own registry links every
// database and cloud driver there is, which is most of its build time.
var plugins = registry{
	secrets: map[string]logical.Factory{"transit": transit.Factory},
	auth:    map[string]logical.Factory{"kubernetes": kubeauth.Factory},
}

type registry struct {
	secrets, auth map[string]logical.Factory
}

func (r registry) factories(kind consts.PluginType) map[string]logical.Factory {
	switch kind {
	case consts.PluginTypeSecrets:
		return r.secrets
	case consts.PluginTypeCredential:
		return r.auth
	default:
		return nil
	}
}

// Contains reports whether a plugin of that name and kind is built in.
func (r registry) Contains(name string, kind consts.PluginType) bool {
	_, found := r.factories(kind)[name]
	return found
}

// Get returns what makes the plugin's factory.
func (r registry) Get(name string, kind consts.PluginType) (func() (any, error), bool) {
	factory, found := r.factories(kind)[name]
	return func() (any, error) { return factory, nil }, found
}

// Keys lists the names of the plugins of one kind.
func (r registry) Keys(kind consts.PluginType) []string {
	var names []string
	for name := range r.factories(kind) {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// DeprecationStatus says that what is built in is supported.
func (r registry) DeprecationStatus(name string, kind consts.PluginType) (consts.DeprecationStatus, bool) {
	return consts.Supported, r.Contains(name, kind)
}

// IsBuiltinEntPlugin is always false: there is no enterprise plugin here.
func (registry) IsBuiltinEntPlugin(string, consts.PluginType) bool { return false }
