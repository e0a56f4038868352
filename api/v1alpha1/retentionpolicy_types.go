package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// RetentionPolicySpec says how long documents stay in the vault.
//
// +kubebuilder:validation:XValidation:rule="self.minDays <= self.defaultDays && self.defaultDays <= self.maxDays",message="write minDays, defaultDays and maxDays in rising order",messageExpression="'minDays is %d, defaultDays is %d, maxDays is %d: write them in rising order'.format([self.minDays, self.defaultDays, self.maxDays])"
type RetentionPolicySpec struct {
	// defaultDays is how many days a document lives when its sender does not choose.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=3650
	DefaultDays int32 `json:"defaultDays,omitempty"`

	// minDays is the least number of days a sender may choose.
	// +optional
	// +default=1
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=3650
	MinDays int32 `json:"minDays,omitempty"`

	// maxDays is the greatest number of days a sender may choose.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=3650
	MaxDays int32 `json:"maxDays,omitempty"`
}

// RetentionPolicyStatus says who uses the policy.
//
// +kubebuilder:validation:MinProperties=1
type RetentionPolicyStatus struct {
	// observedGeneration is the generation of the spec that the conditions speak of.
	// +optional
	// +kubebuilder:validation:Minimum=-1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"` //nolint:kubeapilinter // -1 is not seen yet, and 0 is never written

	// conditions follow kstatus.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// tenants is how many SharingTenants use the policy.
	// +optional
	Tenants *int32 `json:"tenants,omitempty"`
}

// RetentionPolicy says how long documents stay in the vault.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=retentionpolicies,shortName=rtp,categories={all,voute}
// +kubebuilder:printcolumn:name="DEFAULT",type=integer,JSONPath=`.spec.defaultDays`,description="days"
// +kubebuilder:printcolumn:name="MIN",type=integer,JSONPath=`.spec.minDays`,description="days"
// +kubebuilder:printcolumn:name="MAX",type=integer,JSONPath=`.spec.maxDays`,description="days"
// +kubebuilder:printcolumn:name="TENANTS",type=integer,JSONPath=`.status.tenants`
// +kubebuilder:printcolumn:name="READY",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="AGE",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="MESSAGE",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
type RetentionPolicy struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object's metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says how long documents live.
	// +required
	Spec RetentionPolicySpec `json:"spec,omitzero"`

	// status says who uses the policy; observedGeneration is -1 until the
	// operator has looked, so that nobody takes a new object for ready.
	// +optional
	// +default={"observedGeneration":-1}
	Status RetentionPolicyStatus `json:"status,omitzero"`
}

// RetentionPolicyList is a list of RetentionPolicies.
//
// +kubebuilder:object:root=true
type RetentionPolicyList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []RetentionPolicy `json:"items"`
}
