package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// InterventionSpec is work that one of the client's delegates has asked for.
//
// +kubebuilder:validation:XValidation:rule="self.tenantRef == oldSelf.tenantRef",message="tenantRef cannot change: delete this intervention and write another"
// +kubebuilder:validation:XValidation:rule="!has(self.doneOn) || has(self.hours)",message="write hours, for example \"1.25\": work that is done took some time"
type InterventionSpec struct {
	// tenantRef names the SharingTenant, in the same namespace.
	// +required
	TenantRef ObjectReference `json:"tenantRef,omitzero"`

	// requestedBy is the mail address of one of organization.delegates.
	// +required
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=254
	// +kubebuilder:validation:XValidation:rule=`self.matches(r"^[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+)*@([A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?$")`,message="write one mail address, for example deleguee@justice.gouv.qc.ca, without a name beside it"
	RequestedBy string `json:"requestedBy,omitempty"`

	// description says what was asked for.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Description string `json:"description,omitempty"`

	// hours is the time worked, in steps of a quarter of an hour, for example "1.25".
	// That work is billed by quarters is an assumption of this product.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=6
	// +kubebuilder:validation:XValidation:rule=`self.matches(r"^(0|[1-9][0-9]{0,2})([.](0|00|25|5|50|75))?$") && !self.matches(r"^0([.]0+)?$")`,message="write hours in steps of a quarter, for example \"1.25\""
	Hours string `json:"hours,omitempty"`

	// billable is false for work that the client does not pay.
	// +optional
	// +default=true
	Billable *bool `json:"billable,omitempty"`

	// doneOn is the day on which it was done, for example 2026-11-22; none before.
	// +optional
	// +kubebuilder:validation:MinLength=10
	// +kubebuilder:validation:MaxLength=10
	// +kubebuilder:validation:XValidation:rule=`self.matches(r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")`,message="write a day like 2026-11-22"
	DoneOn string `json:"doneOn,omitempty"`
}

// InterventionStatus says with which month it is billed.
//
// +kubebuilder:validation:MinProperties=1
type InterventionStatus struct {
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

	// statement names the BillingStatement that has it, in the operator's namespace.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Statement string `json:"statement,omitempty"`

	// amount is its price before taxes, for example 166.25.
	// +optional
	// +kubebuilder:validation:MinLength=4
	// +kubebuilder:validation:MaxLength=20
	Amount string `json:"amount,omitempty"`

	// closed is true once that statement is: from then on nothing changes.
	// +optional
	Closed *bool `json:"closed,omitempty"`
}

// Intervention is work that one of a client's authorised delegates has asked for.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=itv,categories={all,voute}
// +kubebuilder:selectablefield:JSONPath=`.spec.tenantRef.name`
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status) || !has(oldSelf.status.closed) || !oldSelf.status.closed || self.spec == oldSelf.spec",message="this intervention is on a statement that is closed, and cannot change any more: write another one for what is to be corrected"
// +kubebuilder:printcolumn:name="TENANT",type=string,JSONPath=`.spec.tenantRef.name`
// +kubebuilder:printcolumn:name="HOURS",type=string,JSONPath=`.spec.hours`
// +kubebuilder:printcolumn:name="DONE",type=string,JSONPath=`.spec.doneOn`
// +kubebuilder:printcolumn:name="BILLABLE",type=boolean,JSONPath=`.spec.billable`
// +kubebuilder:printcolumn:name="AMOUNT",type=string,JSONPath=`.status.amount`,description="before taxes"
// +kubebuilder:printcolumn:name="READY",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="AGE",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="STATEMENT",type=string,priority=1,JSONPath=`.status.statement`
// +kubebuilder:printcolumn:name="MESSAGE",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
type Intervention struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object's metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is what was asked for, and done.
	// +required
	Spec InterventionSpec `json:"spec,omitzero"`

	// status says with which month it is billed; observedGeneration is -1 until the
	// operator has looked, so that nobody takes a new object for ready.
	// +optional
	// +default={"observedGeneration":-1}
	Status InterventionStatus `json:"status,omitzero"`
}

// InterventionList is a list of Interventions.
//
// +kubebuilder:object:root=true
type InterventionList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []Intervention `json:"items"`
}
