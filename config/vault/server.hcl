# One policy for all sharing servers: each may use the keys whose names begin
# with its own namespace and service account, and no others. ACCESSOR stands for
# the accessor of the Kubernetes sign-in mount: see README.md.
#
# A key is <namespace>.<serviceaccount>.<day>. A namespace has no dot, so that
# no prefix of one namespace begins a key of another. The "*" at the end is a
# plain prefix match, and the only place where one is allowed.
#
# There is no path under transit/keys: a server cannot read, configure, rotate,
# trim, export or delete a key.

# Brings the key of a day to life: AES-256-GCM, not exportable, not deletable.
# Wraps a document's data key by the key of another day, or by the key "hold",
# when its expiry changes or it is put under legal hold. Parameters that are not named are refused, so that no key is derived or
# convergent.
path "transit/encrypt/{{identity.entity.aliases.ACCESSOR.metadata.service_account_namespace}}.{{identity.entity.aliases.ACCESSOR.metadata.service_account_name}}.*" {
  capabilities = ["create", "update"]
  allowed_parameters = {
    "plaintext" = []
    "type"      = ["aes256-gcm96"]
  }
}

# A new data key for one document, in plain and wrapped.
path "transit/datakey/plaintext/{{identity.entity.aliases.ACCESSOR.metadata.service_account_namespace}}.{{identity.entity.aliases.ACCESSOR.metadata.service_account_name}}.*" {
  capabilities = ["update"]
}

# Opens the wrapped data key of a document.
path "transit/decrypt/{{identity.entity.aliases.ACCESSOR.metadata.service_account_namespace}}.{{identity.entity.aliases.ACCESSOR.metadata.service_account_name}}.*" {
  capabilities = ["update"]
}
