// Package vault gives data keys from a Vault transit mount. A bucket's key is
// named "<prefix>.<bucket>", the prefix being this server's own identity
// "<namespace>.<serviceaccount>", so that one templated policy keeps every
// server to its own keys.
//
// To create a data key it refuses a past bucket, asks datakey/plaintext, and
// only when that answers that the key is missing, brings the key to life with
// encrypt (aes256-gcm96, not exportable; a server has no right on keys/) and
// asks once more. datakey and decrypt never bring a key to life.
//
// To move a data key it refuses a past bucket, decrypts under the one key and
// encrypts under the other, which brings that one to life. What it sends and
// what it is sent are cleared afterwards.
//
// It signs in with the projected service-account token, keeps the Vault token
// for three quarters of its life, and signs in anew once when a request is
// refused, at most every half minute: a wrong policy does not fill Vault with
// sign-ins. On a laptop it takes a Vault token from a file instead.
package vault
