package v1alpha1

// Condition types. Ready, Reconciling and Stalled follow the kstatus
// conventions: Reconciling and Stalled are present only while they are True.
const (
	// ReadyCondition is True when both addresses serve what the spec asks for.
	ReadyCondition = "Ready"
	// ReconcilingCondition is True while the operator still has work under way.
	ReconcilingCondition = "Reconciling"
	// StalledCondition is True when nothing will change until a person acts.
	StalledCondition = "Stalled"

	// RolloutPendingCondition is True while a change waits for its time; it is
	// present only then, and does not speak against Ready.
	RolloutPendingCondition = "RolloutPending"
	// StorageLowCondition is there only while a server has used 80 % of its quota or
	// more, and speaks neither for nor against Ready.
	StorageLowCondition = "StorageLow"
	// KeysOverdueCondition is there only while the key of a day that is over is not
	// deleted for more than a day, and tells when it is all the same. It speaks
	// neither for nor against Ready.
	KeysOverdueCondition = "KeysOverdue"
	// SuspendedCondition is True while the operator changes nothing, and tells
	// what it would change; it is present only then.
	SuspendedCondition = "Suspended"

	// CalendarReadyCondition tells whether it is known when changes may start.
	CalendarReadyCondition = "CalendarReady"
	// RetentionReadyCondition tells whether the named RetentionPolicy exists and applies.
	RetentionReadyCondition = "RetentionReady"
	// PilotReadyCondition tells whether at least one pilot is named.
	PilotReadyCondition = "PilotReady"
	// KeysReadyCondition tells whether operator and servers reach their keys in Vault.
	KeysReadyCondition = "KeysReady"
	// CertificateReadyCondition tells whether every address has its certificate.
	CertificateReadyCondition = "CertificateReady"
	// StorageReadyCondition tells whether every volume is bound and holds the quota.
	StorageReadyCondition = "StorageReady"
	// ConfigurationReadyCondition tells whether every server has taken up the current configuration.
	ConfigurationReadyCondition = "ConfigurationReady"
	// WorkloadReadyCondition tells whether every sharing server runs and is ready.
	WorkloadReadyCondition = "WorkloadReady"
	// ExposureReadyCondition tells whether every address is reachable from outside.
	ExposureReadyCondition = "ExposureReady"
)

// Labels, annotations and finalizers.
const (
	// TenantLabel names the SharingTenant an object belongs to.
	TenantLabel = "sharing.voute.dev/tenant"
	// EnvironmentLabel names the environment an object belongs to.
	EnvironmentLabel = "sharing.voute.dev/environment"
	// TenantNamespaceLabel names, on a BillingStatement, the namespace of its tenant.
	TenantNamespaceLabel = "sharing.voute.dev/tenant-namespace"
	// OpenLabel is "true" on a BillingStatement as long as its month goes on.
	OpenLabel = "sharing.voute.dev/open"
	// RevisionLabel names, on a Deployment, the revision that it was made from.
	RevisionLabel = "sharing.voute.dev/revision"
	// ApplyNowAnnotation has the next change start at once, whatever the calendar
	// says; its value is the reason.
	ApplyNowAnnotation = "sharing.voute.dev/apply-now"
	// TryAgainAnnotation has a change that was taken back, and a roll-out that was
	// halted, tried again.
	TryAgainAnnotation = "sharing.voute.dev/try-again"
	// DestroyAnnotation allows deletionPolicy Destroy; its value must be the tenant's name.
	DestroyAnnotation = "sharing.voute.dev/destroy"
	// TenantFinalizer holds a SharingTenant until what it owns is gone.
	TenantFinalizer = "sharing.voute.dev/tenant"
	// InUseFinalizer holds a RetentionPolicy in use and the last Pilot of a tenant.
	InUseFinalizer = "sharing.voute.dev/in-use"
)
