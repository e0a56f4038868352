package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ChangeClass is what a change is to those who use what it changes.
//
// +kubebuilder:validation:Enum=none;first;fix;release;maintenance;emergency;return
type ChangeClass string

// The classes of changes.
const (
	// NoneChange interrupts nobody; it waits for nothing but the end of a suspension.
	NoneChange ChangeClass = "none"
	// FirstChange is the first roll-out of an environment.
	FirstChange ChangeClass = "first"
	// FixChange is a patch version of the sharing server.
	FixChange ChangeClass = "fix"
	// ReleaseChange is a minor or major version of it.
	ReleaseChange ChangeClass = "release"
	// MaintenanceChange is anything else that interrupts.
	MaintenanceChange ChangeClass = "maintenance"
	// EmergencyChange was asked for at once, with a reason.
	EmergencyChange ChangeClass = "emergency"
	// ReturnChange goes back to what ran healthy before.
	ReturnChange ChangeClass = "return"
)

// RolloutStatus is what runs in one environment, and how it came to run.
//
// +kubebuilder:validation:MinProperties=1
type RolloutStatus struct {
	// revision names the ControllerRevision of what runs, or is being started.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Revision string `json:"revision,omitempty"`

	// version is the sharing server's version in that revision.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Version string `json:"version,omitempty"`

	// healthySince is since when that revision runs without a fault; empty while
	// it does not.
	// +optional
	HealthySince *metav1.Time `json:"healthySince,omitempty"`

	// lastHealthy names the ControllerRevision that ran healthy last, to which a
	// change that fails returns.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	LastHealthy string `json:"lastHealthy,omitempty"`

	// change is what is under way.
	// +optional
	Change *Change `json:"change,omitempty"` //nolint:kubeapilinter // nil is none, and is asked for everywhere

	// failed is the change that was taken back, as long as it is still asked for.
	// +optional
	Failed *FailedChange `json:"failed,omitempty"` //nolint:kubeapilinter // nil is none, and is asked for everywhere

	// emergencies are the last changes that did not wait for their time, the
	// newest first.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	Emergencies []Emergency `json:"emergencies,omitempty"`
}

// Change is a change under way.
type Change struct {
	// class of the change.
	// +required
	Class ChangeClass `json:"class,omitempty"`

	// reason says what changes.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Reason string `json:"reason,omitempty"`

	// startTime is when it was started.
	// +required
	StartTime *metav1.Time `json:"startTime,omitempty"`

	// deadline is when it is taken back unless it runs healthy by then.
	// +required
	Deadline *metav1.Time `json:"deadline,omitempty"`
}

// FailedChange is a change that was taken back.
type FailedChange struct {
	// revision names the ControllerRevision that did not get healthy.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Revision string `json:"revision,omitempty"`

	// version is the sharing server's version in it.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Version string `json:"version,omitempty"`

	// change says what was to change.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Change string `json:"change,omitempty"`

	// time is when it was given up.
	// +required
	Time *metav1.Time `json:"time,omitempty"`

	// reason is what stood in its way at that time.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Reason string `json:"reason,omitempty"`
}

// Emergency is a change that did not wait for its time.
type Emergency struct {
	// time is when it was started.
	// +required
	Time *metav1.Time `json:"time,omitempty"`

	// reason is what the annotation gave as one.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Reason string `json:"reason,omitempty"`

	// manager is the field manager that wrote the annotation; askedTime is when.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Manager string `json:"manager,omitempty"`

	// askedTime is when the annotation was written.
	// +optional
	AskedTime *metav1.Time `json:"askedTime,omitempty"`

	// change says what changed.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Change string `json:"change,omitempty"`
}

// PendingChange is a change that waits.
type PendingChange struct {
	// class of the change.
	// +required
	Class ChangeClass `json:"class,omitempty"`

	// reason says what will change.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Reason string `json:"reason,omitempty"`

	// revision names the ControllerRevision that it will start.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Revision string `json:"revision,omitempty"`

	// version is the sharing server's version in it.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Version string `json:"version,omitempty"`

	// since is when it was first asked for.
	// +required
	Since *metav1.Time `json:"since,omitempty"`

	// waitsFor says what it waits for.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	WaitsFor string `json:"waitsFor,omitempty"`

	// startTime is when the time begins in which it may start, once that is
	// known; endTime is when that time ends.
	// +optional
	StartTime *metav1.Time `json:"startTime,omitempty"`

	// endTime is when that time ends.
	// +optional
	EndTime *metav1.Time `json:"endTime,omitempty"`
}
