package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Availability is for how long an address answered in this contract year. Only
// time outside maintenance windows counts. It is written when the address stops
// or begins to answer, when nobody could look for a while, and once a day where
// the percentage has moved: in between, things stay as they are said to be.
type Availability struct {
	// since is when counting began: with the year, or when the address was opened.
	// +required
	Since *metav1.Time `json:"since,omitempty"`

	// until is up to when the figures below count.
	// +required
	Until *metav1.Time `json:"until,omitempty"`

	// downSince is since when the address does not answer; empty while it does.
	// +optional
	DownSince *metav1.Time `json:"downSince,omitempty"`

	// observedSeconds is for how long somebody looked.
	// +optional
	// +kubebuilder:validation:Minimum=1
	ObservedSeconds int64 `json:"observedSeconds,omitempty"`

	// downSeconds is the part of them in which the address did not answer.
	// +optional
	// +kubebuilder:validation:Minimum=1
	DownSeconds int64 `json:"downSeconds,omitempty"`

	// unobservedSeconds is for how long nobody looked, for want of an operator: it
	// counts neither way.
	// +optional
	// +kubebuilder:validation:Minimum=1
	UnobservedSeconds int64 `json:"unobservedSeconds,omitempty"`

	// percent of the observed time in which the address answered, rounded down,
	// for example 99.97.
	// +required
	// +kubebuilder:validation:MinLength=4
	// +kubebuilder:validation:MaxLength=6
	Percent string `json:"percent,omitempty"`
}
