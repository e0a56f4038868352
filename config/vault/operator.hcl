# The operator closes expired keys and checks that Vault is within reach.
# It cannot use a key, make one, or touch policies, sign-in and identities:
# whatever is not named here is refused.

path "transit/keys" {
  capabilities = ["list"]
}

# "+" is exactly one segment, so that nothing below a key is covered. A key is
# deleted here once its day is past.
path "transit/keys/+" {
  capabilities = ["read", "delete"]
}

# A key must first be marked as deletable; no other setting can be changed.
path "transit/keys/+/config" {
  capabilities = ["update"]
  allowed_parameters = {
    "deletion_allowed" = []
  }
}
