package v1alpha1

// Calendar says when changes that interrupt may start.
//
// +kubebuilder:validation:MinProperties=1
type Calendar struct {
	// timeZone is the IANA zone of the times below, for example America/Toronto;
	// the platform's when empty.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule=`self.matches(r"^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$")`,message="write an IANA time zone such as America/Toronto"
	TimeZone string `json:"timeZone,omitempty"`

	// maintenanceWindows are when releases and maintenance may start; the
	// platform's when empty.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	MaintenanceWindows []Window `json:"maintenanceWindows,omitempty"`

	// businessHours are when fixes may start, holidays excluded; the platform's
	// when empty.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	BusinessHours []Window `json:"businessHours,omitempty"`

	// freezes are times in which no change starts that can wait, beside the
	// platform's.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	Freezes []Freeze `json:"freezes,omitempty"`
}

// Weekday is a day of the week in English.
//
// +kubebuilder:validation:Enum=Monday;Tuesday;Wednesday;Thursday;Friday;Saturday;Sunday
type Weekday string

// Window is a time of day on some days of every week. Its end is not part of it.
//
// +kubebuilder:validation:XValidation:rule="self.from != self.to",message="a window that ends when it begins is never open: write 00:00 and 24:00 for a whole day"
type Window struct {
	// days on which it begins, for example [Wednesday, Sunday].
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=7
	Days []Weekday `json:"days,omitempty"`

	// from is the local time at which it opens, for example "05:00".
	// +required
	// +kubebuilder:validation:MinLength=5
	// +kubebuilder:validation:MaxLength=5
	// +kubebuilder:validation:XValidation:rule=`self.matches(r"^([01][0-9]|2[0-3]):[0-5][0-9]$")`,message="write a time of day from 00:00 to 23:59"
	From string `json:"from,omitempty"`

	// to is the local time at which it closes, for example "07:00" or "24:00";
	// at or before from, it is on the next day.
	// +required
	// +kubebuilder:validation:MinLength=5
	// +kubebuilder:validation:MaxLength=5
	// +kubebuilder:validation:XValidation:rule=`self.matches(r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")`,message="write a time of day from 00:01 to 24:00"
	To string `json:"to,omitempty"`
}

// Freeze is a time in which no change starts that can wait: whole days.
//
// +kubebuilder:validation:XValidation:rule="self.from <= self.to",message="a freeze ends on the day it begins, or later"
// +kubebuilder:validation:XValidation:rule="self.to < timestamp('2100-01-01T00:00:00Z')",message="a freeze ends before the year 2100: suspend the tenant instead"
type Freeze struct {
	// from is its first day, for example "2026-12-14".
	// +required
	// +kubebuilder:validation:MinLength=10
	// +kubebuilder:validation:MaxLength=10
	// +kubebuilder:validation:Format=date
	From string `json:"from,omitempty"`

	// to is its last day, for example "2027-01-05".
	// +required
	// +kubebuilder:validation:MinLength=10
	// +kubebuilder:validation:MaxLength=10
	// +kubebuilder:validation:Format=date
	To string `json:"to,omitempty"`
}
