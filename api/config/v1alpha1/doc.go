// Package v1alpha1 is the platform's configuration file: what one installation
// of the operator needs to know about the place it runs in. It is a file, not
// an object of the API: the operator reads it at start and again when it changes.
//
// +kubebuilder:object:generate=true
package v1alpha1
