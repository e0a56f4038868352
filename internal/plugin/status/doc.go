// Package status says how tenants are, from their objects alone: Of takes what a
// SharingTenant tells into a Tenant, which is what -o json and yaml show; Page and
// Table write the same for people. All is pure: now and the zone are parameters.
//
// Conditions, classes and columns keep the names that kubectl shows them by. A
// condition is told where it speaks of a trouble or a wait: those that end in
// Ready while they are not True, all others while they are.
package status
