package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// RetentionPolicySpec says how long documents stay in the vault. No change of it
// lengthens the life of a document that is there already.
//
// +kubebuilder:validation:XValidation:rule="self.minDays <= self.defaultDays && self.defaultDays <= self.maxDays",message="write minDays, defaultDays and maxDays in rising order",messageExpression="'minDays is %d, defaultDays is %d, maxDays is %d: write them in rising order'.format([self.minDays, self.defaultDays, self.maxDays])"
// +kubebuilder:validation:XValidation:rule="self.journalDays >= self.maxDays",message="write a journalDays of at least maxDays: the journal tells how each document came",messageExpression="'journalDays is %d and maxDays is %d: write a journalDays of at least maxDays, because the journal tells how each document came'.format([self.journalDays, self.maxDays])"
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

	// senderMayChoose lets senders choose how many days a document lives, and
	// lengthen its life later, up to maxDays after it was sent. When false,
	// every document lives defaultDays.
	// +optional
	// +default=true
	SenderMayChoose *bool `json:"senderMayChoose,omitempty"`

	// afterLastDownload says what becomes of a document once each of its
	// recipients has downloaded it: Keep lets it live until it expires; Delete
	// brings its end forward to afterLastDownloadDays after the last download.
	// +optional
	// +default="Keep"
	AfterLastDownload AfterLastDownload `json:"afterLastDownload,omitempty"`

	// afterLastDownloadDays is how many days after the last download a document
	// ends where afterLastDownload is Delete.
	// +optional
	// +default=1
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=3650
	AfterLastDownloadDays int32 `json:"afterLastDownloadDays,omitempty"`

	// journalDays is how many days the journal and the records of destruction are
	// kept; at least maxDays, so that there is a line of how each document came.
	// +optional
	// +default=3650
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=36500
	JournalDays int32 `json:"journalDays,omitempty"`

	// bucket is for how long documents that expire share a key in Vault: a Day,
	// or a Week from Monday to Sunday. The key is deleted once the bucket is past.
	// +optional
	// +default="Day"
	Bucket Bucket `json:"bucket,omitempty"`

	// applyShortening says for which documents a smaller maxDays holds: FromNowOn
	// for those sent from then on; ToAll also brings the end of the others
	// forward, though to no sooner than three days ahead.
	// +optional
	// +default="FromNowOn"
	ApplyShortening ApplyShortening `json:"applyShortening,omitempty"`
}

// DefaultJournalDays is how long the journal is kept where the policy does not say.
const DefaultJournalDays = 3650

// AfterLastDownload is what becomes of a document that all have downloaded.
//
// +kubebuilder:validation:Enum=Keep;Delete
type AfterLastDownload string

// What becomes of a document that all have downloaded.
const (
	KeepAfterLastDownload   AfterLastDownload = "Keep"
	DeleteAfterLastDownload AfterLastDownload = "Delete"
)

// Bucket is for how long documents that expire share a key.
//
// +kubebuilder:validation:Enum=Day;Week
type Bucket string

// The buckets.
const (
	DayBucket  Bucket = "Day"
	WeekBucket Bucket = "Week"
)

// ApplyShortening says for which documents a smaller maximum holds.
//
// +kubebuilder:validation:Enum=FromNowOn;ToAll
type ApplyShortening string

// For which documents a smaller maximum holds.
const (
	ShortenFromNowOn ApplyShortening = "FromNowOn"
	ShortenAll       ApplyShortening = "ToAll"
)

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

	// nextExpiry is the hour in which the next document of theirs expires.
	// +optional
	NextExpiry *metav1.Time `json:"nextExpiry,omitempty"`

	// dueIn7Days is how many documents expire within a week.
	// +optional
	DueIn7Days *int64 `json:"dueIn7Days,omitempty"`

	// lastSweep is the day up to which each server has swept what expired, for
	// example 2026-12-03.
	// +optional
	// +kubebuilder:validation:MinLength=10
	// +kubebuilder:validation:MaxLength=10
	LastSweep string `json:"lastSweep,omitempty"`

	// shredded is how many documents were destroyed since ever.
	// +optional
	Shredded *int64 `json:"shredded,omitempty"`

	// held is how many documents are under legal hold.
	// +optional
	Held *int64 `json:"held,omitempty"`

	// figuresTime is when the five figures above were last taken over from the
	// servers; at most once an hour, and only if they have changed.
	// +optional
	FiguresTime *metav1.Time `json:"figuresTime,omitempty"`
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
// +kubebuilder:printcolumn:name="NEXT-EXPIRY",type=string,JSONPath=`.status.nextExpiry`
// +kubebuilder:printcolumn:name="DUE-7D",type=integer,JSONPath=`.status.dueIn7Days`,description="documents that expire within a week"
// +kubebuilder:printcolumn:name="SHREDDED",type=integer,JSONPath=`.status.shredded`,description="documents destroyed since ever"
// +kubebuilder:printcolumn:name="READY",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="AGE",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="HELD",type=integer,priority=1,JSONPath=`.status.held`,description="documents under legal hold"
// +kubebuilder:printcolumn:name="LAST-SWEEP",type=string,priority=1,JSONPath=`.status.lastSweep`
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
