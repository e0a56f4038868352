package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Language is the language in which a person is written to.
//
// +kubebuilder:validation:Enum=fr;en
type Language string

// The two languages of the service; French comes first.
const (
	French  Language = "fr"
	English Language = "en"
)

// PilotPhase says how far a pilot has come in the production environment.
//
// +kubebuilder:validation:Enum=Pending;Invited;Active
type PilotPhase string

const (
	// PilotPending means that no server has taken the pilot up yet.
	PilotPending PilotPhase = "Pending"
	// PilotInvited means that the invitation was mailed.
	PilotInvited PilotPhase = "Invited"
	// PilotActive means that the pilot has set a password.
	PilotActive PilotPhase = "Active"
)

// PilotSpec is a client's own administrator.
//
// +kubebuilder:validation:XValidation:rule="self.tenantRef == oldSelf.tenantRef",message="tenantRef cannot change: delete this pilot and name a new one"
type PilotSpec struct {
	// tenantRef names the SharingTenant, in the same namespace, of this pilot.
	// +required
	TenantRef ObjectReference `json:"tenantRef,omitzero"`

	// email is where the invitation and the sign-in codes go.
	// +required
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=254
	// +kubebuilder:validation:XValidation:rule=`self.matches(r"^[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+)*@([A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?$")`,message="write one mail address, for example aide@justice.gouv.qc.ca, without a name beside it"
	Email string `json:"email,omitempty"`

	// name is how the pilot is addressed.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=120
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r"[\p{Cc}\p{Zl}\p{Zp}\x{202A}-\x{202E}\x{2066}-\x{2069}\x{FEFF}\x{FFFE}\x{FFFF}]")`,message="write it on one line, without control characters, also such as change the direction of text"
	// +kubebuilder:validation:XValidation:rule=`self.matches(r"[\p{L}\p{N}]")`,message="write something that people can read: at least one letter or digit"
	Name string `json:"name,omitempty"`

	// language is the one in which the pilot is written to.
	// +optional
	// +default="fr"
	Language Language `json:"language,omitempty"`
}

// PilotStatus is what the production server last told of this pilot.
//
// +kubebuilder:validation:MinProperties=1
type PilotStatus struct {
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

	// phase is Pending, Invited or Active; Pending until the production server of a
	// new tenant first speaks, and nothing else is told before.
	// +optional
	Phase PilotPhase `json:"phase,omitempty"`

	// lastSignIn is when the pilot last signed in to production, to the day.
	// +optional
	LastSignIn *metav1.Time `json:"lastSignIn,omitempty"`
}

// Pilot is a client's own administrator: creates and manages its users.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=plt,categories={all,voute}
// +kubebuilder:selectablefield:JSONPath=`.spec.tenantRef.name`
// +kubebuilder:printcolumn:name="TENANT",type=string,JSONPath=`.spec.tenantRef.name`
// +kubebuilder:printcolumn:name="NAME",type=string,JSONPath=`.spec.name`
// +kubebuilder:printcolumn:name="PHASE",type=string,JSONPath=`.status.phase`
// +kubebuilder:printcolumn:name="READY",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="AGE",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="LAST-SIGN-IN",type=date,priority=1,JSONPath=`.status.lastSignIn`
// +kubebuilder:printcolumn:name="MESSAGE",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
type Pilot struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object's metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is whom the client has named.
	// +required
	Spec PilotSpec `json:"spec,omitzero"`

	// status is what the production server last told; observedGeneration is -1
	// until the operator has looked, so that nobody takes a new object for ready.
	// +optional
	// +default={"observedGeneration":-1,"phase":"Pending"}
	Status PilotStatus `json:"status,omitzero"`
}

// PilotList is a list of Pilots.
//
// +kubebuilder:object:root=true
type PilotList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []Pilot `json:"items"`
}
