// Package v1alpha1 holds the kinds of the group sharing.voute.dev:
// SharingTenant (one client and its vault), Pilot (the client's own
// administrator) and RetentionPolicy (how long documents live).
//
// All three are namespaced: one client lives in one namespace. GB means 10^9
// bytes everywhere. Validation is written as CEL rules in the schema, so that
// a bad object is refused at admission with a sentence a person can act on.
//
// +kubebuilder:object:generate=true
// +groupName=sharing.voute.dev
package v1alpha1
