package v1alpha1

import (
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// EnvironmentName is one of the two addresses every client has.
//
// +kubebuilder:validation:Enum=production;development
type EnvironmentName string

// The two environments of a client.
const (
	ProductionEnvironment  EnvironmentName = "production"
	DevelopmentEnvironment EnvironmentName = "development"
)

// DeletionPolicy says what happens to documents and keys when a tenant is deleted.
//
// +kubebuilder:validation:Enum=Retain;Destroy
type DeletionPolicy string

const (
	// RetainOnDeletion keeps volumes and keys; a new tenant of the same name finds its documents.
	RetainOnDeletion DeletionPolicy = "Retain"
	// DestroyOnDeletion removes volumes and keys. It needs DestroyAnnotation.
	DestroyOnDeletion DeletionPolicy = "Destroy"
)

// SharingTenantSpec is what the platform team asks for one client.
type SharingTenantSpec struct {
	// organization is the client as its users see it.
	// +required
	Organization Organization `json:"organization,omitzero"`

	// retentionPolicyRef names the RetentionPolicy, in the same namespace, that
	// says how long documents live. Without it no address is opened.
	// +required
	RetentionPolicyRef ObjectReference `json:"retentionPolicyRef,omitzero"`

	// version is the sharing server's version, for example 1.4.0. When empty,
	// the platform's default version runs.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule=`self.matches(r"^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z]+([.-][0-9A-Za-z]+)*)?$")`,message="write a version like 1.4.0"
	Version string `json:"version,omitempty"`

	// environments are the client's addresses: production always, development if wanted.
	// +required
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=2
	// +kubebuilder:validation:XValidation:rule="self.exists(e, e.name == 'production')",message="a client always has a production environment; add one with its host"
	// +kubebuilder:validation:XValidation:rule="self.all(a, self.exists_one(b, a.host == b.host))",message="each environment needs a host of its own: give one of them another, for example partage-dev.justice.gouv.qc.ca"
	Environments []Environment `json:"environments,omitempty"`

	// calendar says when changes that interrupt this client's users may start,
	// where that is not when the platform says.
	// +optional
	Calendar Calendar `json:"calendar,omitzero"`

	// uploads says which kinds of file this client does not take.
	// +optional
	Uploads Uploads `json:"uploads,omitzero"`

	// suspend stops the operator's hand: nothing of this tenant is changed,
	// put back or deleted; what differs is told in the condition Suspended.
	// +optional
	Suspend *bool `json:"suspend,omitempty"`

	// deletionPolicy says what deleting this object does to documents and keys.
	// Destroy also needs the annotation sharing.voute.dev/destroy with this
	// object's name as value; until then deletion waits.
	// +optional
	// +default="Retain"
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`
}

// Organization is the client as its users see it.
type Organization struct {
	// nameFr is the name shown in French.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=120
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r"[\p{Cc}\p{Zl}\p{Zp}\x{202A}-\x{202E}\x{2066}-\x{2069}\x{FEFF}\x{FFFE}\x{FFFF}]")`,message="write it on one line, without control characters, also such as change the direction of text"
	// +kubebuilder:validation:XValidation:rule=`self.matches(r"[\p{L}\p{N}]")`,message="write something that people can read: at least one letter or digit"
	NameFr string `json:"nameFr,omitempty"`

	// nameEn is the name shown in English.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=120
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r"[\p{Cc}\p{Zl}\p{Zp}\x{202A}-\x{202E}\x{2066}-\x{2069}\x{FEFF}\x{FFFE}\x{FFFF}]")`,message="write it on one line, without control characters, also such as change the direction of text"
	// +kubebuilder:validation:XValidation:rule=`self.matches(r"[\p{L}\p{N}]")`,message="write something that people can read: at least one letter or digit"
	NameEn string `json:"nameEn,omitempty"`

	// logo names a key of a ConfigMap in the same namespace that holds the
	// client's logo, an image of at most 256 KiB (PNG or SVG).
	// +optional
	Logo *ConfigMapKeyReference `json:"logo,omitempty"`

	// supportEmail is whom users ask for help.
	// +required
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=254
	// +kubebuilder:validation:XValidation:rule=`self.matches(r"^[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+)*@([A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?$")`,message="write one mail address, for example aide@justice.gouv.qc.ca, without a name beside it"
	SupportEmail string `json:"supportEmail,omitempty"`

	// fraudContact is whom users tell of a suspected fraud: an address or a telephone number.
	// +optional
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=254
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r"[\p{Cc}\p{Zl}\p{Zp}\x{202A}-\x{202E}\x{2066}-\x{2069}\x{FEFF}\x{FFFE}\x{FFFF}]")`,message="write it on one line, without control characters, also such as change the direction of text"
	// +kubebuilder:validation:XValidation:rule=`self.matches(r"[\p{L}\p{N}]")`,message="write something that people can read: at least one letter or digit"
	FraudContact string `json:"fraudContact,omitempty"`

	// delegates are the mail addresses of those who may ask for billable
	// interventions in the client's name.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:items:MinLength=3
	// +kubebuilder:validation:items:MaxLength=254
	// +kubebuilder:validation:items:XValidation:rule=`self.matches(r"^[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+)*@([A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?$")`,message="write one mail address, for example deleguee@justice.gouv.qc.ca, without a name beside it"
	Delegates []string `json:"delegates,omitempty"`
}

// Uploads says which kinds of file are refused. It keeps accidents out; what is in
// an archive is for the antivirus to find.
//
// +kubebuilder:validation:MinProperties=1
type Uploads struct {
	// blockedExtensions are endings of names that are refused in whatever case,
	// without the dot before them: exe, tar.gz.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=32
	// +kubebuilder:validation:items:XValidation:rule=`self.matches(r"^[a-z0-9_+-]+(\.[a-z0-9_+-]+)*$")`,message="write the ending of a name in lower case, without a dot before it, for example exe or tar.gz"
	BlockedExtensions []string `json:"blockedExtensions,omitempty"`

	// blockedTypes are media types that are refused by a document's first bytes,
	// whatever its name: application/x-sh, or video/* for all of a family. One that
	// the sharing server does not recognize is told in ConfigurationReady.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MinLength=3
	// +kubebuilder:validation:items:MaxLength=100
	// +kubebuilder:validation:items:XValidation:rule=`self.matches(r"^[a-z0-9-]+/([a-z0-9.+-]+|[*])$")`,message="write a media type in lower case, for example application/x-sh, or video/* for all of a family"
	BlockedTypes []string `json:"blockedTypes,omitempty"`
}

// Environment is one address of a client, with its own volume and users.
//
// +kubebuilder:validation:XValidation:rule="self.name != 'production' || !has(self.storage) || !has(self.storage.allocatedGB) || self.storage.allocatedGB >= 20",message="storage.allocatedGB is at least 20 in production: the subscription includes 20 GB"
// +kubebuilder:validation:XValidation:rule=`(has(self.storage) && has(self.storage.storageClassName) ? self.storage.storageClassName : "") == (has(oldSelf.storage) && has(oldSelf.storage.storageClassName) ? oldSelf.storage.storageClassName : "")`,message="storage.storageClassName cannot change: a volume cannot move to another class"
type Environment struct {
	// name is production or development.
	// +required
	Name EnvironmentName `json:"name,omitempty"`

	// host is the DNS name of this address, without scheme or port. The platform
	// may allow certain suffixes only.
	// +required
	// +kubebuilder:validation:MinLength=4
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches(r"^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")`,message="write a DNS name in lower case, for example partage.justice.gouv.qc.ca, without scheme, port or path"
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r"\.[0-9]+$") && !self.matches(r"\.(svc|cluster\.local)$")`,message="write a public name, for example partage.justice.gouv.qc.ca: an IP address or the name of a service inside the cluster cannot be a client's address"
	Host string `json:"host,omitempty"`

	// certificate says where this address gets its TLS certificate from.
	// +required
	Certificate CertificateSource `json:"certificate,omitzero"`

	// storage is what is allocated to this environment's documents.
	// +optional
	Storage Storage `json:"storage,omitzero"`
}

// CertificateSource is a cert-manager issuer or a certificate that was bought.
//
// +kubebuilder:validation:MinProperties=1
// +kubebuilder:validation:XValidation:rule="has(self.issuerRef) != has(self.secretName)",message="name either issuerRef or secretName, and only one"
type CertificateSource struct {
	// issuerRef names the cert-manager issuer that signs the certificate.
	// +optional
	IssuerRef *IssuerReference `json:"issuerRef,omitempty"`

	// secretName names a kubernetes.io/tls Secret in the same namespace, made
	// by the platform, that holds a certificate which the client bought.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")`,message="an object's name has lower-case letters, digits, - and . only"
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r"-(production|development)-(tls|scan)$")`,message="names that end in -production-tls, -production-scan, -development-tls or -development-scan are those of issued certificates, which are overwritten and removed: give the bought certificate's Secret another name"
	SecretName string `json:"secretName,omitempty"`
}

// IssuerReference names a cert-manager Issuer or ClusterIssuer.
type IssuerReference struct {
	// name of the issuer.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")`,message="an object's name has lower-case letters, digits, - and . only"
	Name string `json:"name,omitempty"`

	// kind of the issuer: Issuer (same namespace) or ClusterIssuer.
	// +optional
	// +default="ClusterIssuer"
	// +kubebuilder:validation:Enum=Issuer;ClusterIssuer
	Kind string `json:"kind,omitempty"`
}

// Storage is what is allocated to one environment's documents.
//
// +kubebuilder:validation:MinProperties=1
type Storage struct {
	// allocatedGB is the quota in whole GB (10^9 bytes): at least 20, the
	// default, in production; 2 by default in development, which is not billed.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100000
	AllocatedGB int64 `json:"allocatedGB,omitempty"`

	// storageClassName is the class of the volume; when empty, the platform's,
	// or else the cluster's default. It cannot change.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")`,message="an object's name has lower-case letters, digits, - and . only"
	StorageClassName string `json:"storageClassName,omitempty"`
}

// ObjectReference names an object in the same namespace.
type ObjectReference struct {
	// name of the object.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")`,message="an object's name has lower-case letters, digits, - and . only"
	Name string `json:"name,omitempty"`
}

// ConfigMapKeyReference names one key of a ConfigMap in the same namespace.
type ConfigMapKeyReference struct {
	// name of the ConfigMap.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")`,message="an object's name has lower-case letters, digits, - and . only"
	Name string `json:"name,omitempty"`

	// key within the ConfigMap.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches(r"^[-._a-zA-Z0-9]+$") && self != "." && !self.startsWith("..")`,message="a ConfigMap's key has letters, digits, -, _ and . only"
	Key string `json:"key,omitempty"`
}

// SharingTenantStatus is what the operator last saw. Times are absolute.
//
// +kubebuilder:validation:MinProperties=1
type SharingTenantStatus struct {
	// observedGeneration is the generation of the spec that the conditions speak of.
	// +optional
	// +kubebuilder:validation:Minimum=-1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"` //nolint:kubeapilinter // -1 is not seen yet, and 0 is never written

	// conditions follow kstatus (Ready, Reconciling, Stalled), then one for each step.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=24
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// environments is one entry for each environment of the spec.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=2
	Environments []EnvironmentStatus `json:"environments,omitempty"`

	// billing is what the allocation in effect costs.
	// +optional
	Billing *BillingStatus `json:"billing,omitempty"`
}

// EnvironmentStatus is what runs at one address.
type EnvironmentStatus struct {
	// name is production or development.
	// +required
	Name EnvironmentName `json:"name,omitempty"`

	// url is the public address, once it is reachable.
	// +optional
	// +kubebuilder:validation:MinLength=1
	URL string `json:"url,omitempty"`

	// version is the sharing server's version that runs.
	// +optional
	// +kubebuilder:validation:MinLength=1
	Version string `json:"version,omitempty"`

	// quota is the storage allocation that the server enforces, in bytes (20G is 20 GB).
	// +optional
	Quota *resource.Quantity `json:"quota,omitempty"`

	// used is what documents occupy of the quota, in bytes.
	// +optional
	Used *resource.Quantity `json:"used,omitempty"`

	// usedPercent is used over quota, rounded down.
	// +optional
	UsedPercent *int32 `json:"usedPercent,omitempty"`

	// reserved is what uploads under way may still take of the quota, in bytes.
	// +optional
	Reserved *resource.Quantity `json:"reserved,omitempty"`

	// storageLevel is Warning from 80 % of the quota on, and Critical from 95 %; it
	// ends three percent lower.
	// +optional
	StorageLevel StorageLevel `json:"storageLevel,omitempty"`

	// growth is what the rate is known by at which documents come.
	// +optional
	Growth *StorageGrowth `json:"growth,omitempty"`

	// fullOn is the day on which the quota is used up at the present rate, for
	// example 2027-03-14; none where it is not within ten years.
	// +optional
	// +kubebuilder:validation:MinLength=10
	// +kubebuilder:validation:MaxLength=10
	FullOn string `json:"fullOn,omitempty"`

	// usageTime is when the server last told the figures above.
	// +optional
	UsageTime *metav1.Time `json:"usageTime,omitempty"`

	// certificateNotAfter is when the served certificate expires.
	// +optional
	CertificateNotAfter *metav1.Time `json:"certificateNotAfter,omitempty"`

	// keysClosedThrough is the last day of which the key is deleted in Vault, for
	// example 2026-12-03: what expired until then can be opened no more, out of
	// backups either.
	// +optional
	// +kubebuilder:validation:MinLength=10
	// +kubebuilder:validation:MaxLength=10
	KeysClosedThrough string `json:"keysClosedThrough,omitempty"`

	// keysWaitingSince is since when a key is kept whose day is over, because the
	// server does not say that nothing is left in it: see the condition KeysOverdue.
	// +optional
	KeysWaitingSince *metav1.Time `json:"keysWaitingSince,omitempty"`

	// rollout is what runs here, and what is to run.
	// +optional
	Rollout *RolloutStatus `json:"rollout,omitempty"`

	// pending is a change that waits for its time.
	// +optional
	Pending *PendingChange `json:"pending,omitempty"`

	// availability is for how long the public address answered in this contract
	// year, which begins on 1 April.
	// +optional
	Availability *Availability `json:"availability,omitempty"`
}

// StorageLevel is how near to its quota a use is.
//
// +kubebuilder:validation:Enum=Warning;Critical
type StorageLevel string

// StorageGrowth has two uses that were told a week or more apart.
type StorageGrowth struct {
	// since is when there was used what the rate is reckoned from.
	// +required
	Since metav1.Time `json:"since,omitzero"` //nolint:kubeapilinter // a time is never left out, and has no zero value as text

	// used is what was, in bytes.
	// +required
	Used *resource.Quantity `json:"used,omitempty"`

	// nextSince and nextUsed take their place a week after them.
	// +required
	NextSince metav1.Time `json:"nextSince,omitzero"` //nolint:kubeapilinter // a time is never left out, and has no zero value as text

	// nextUsed is what was used then, in bytes.
	// +required
	NextUsed *resource.Quantity `json:"nextUsed,omitempty"`
}

// BillingStatus is the price of the allocation in effect in production.
type BillingStatus struct {
	// allocatedGB is the billed allocation in GB.
	// +required
	// +kubebuilder:validation:Minimum=1
	AllocatedGB int64 `json:"allocatedGB,omitempty"`

	// additionalGB is the part of it above what the subscription includes, in GB.
	// +optional
	// +kubebuilder:validation:Minimum=1
	AdditionalGB int64 `json:"additionalGB,omitempty"`

	// annual is the price of a year, before taxes, for example 3556.25.
	// +required
	// +kubebuilder:validation:MinLength=1
	Annual string `json:"annual,omitempty"`

	// monthly is a twelfth of it rounded to the cent, for display, for example 296.35.
	// +required
	// +kubebuilder:validation:MinLength=1
	Monthly string `json:"monthly,omitempty"`

	// currency is the ISO 4217 code of these prices.
	// +required
	// +kubebuilder:validation:MinLength=1
	Currency string `json:"currency,omitempty"`

	// month is the one that goes on, for example 2026-11.
	// +optional
	// +kubebuilder:validation:MinLength=7
	Month string `json:"month,omitempty"`

	// monthTotal is what that month comes to if nothing changes until its end, with
	// its interventions so far: see its BillingStatement.
	// +optional
	// +kubebuilder:validation:MinLength=4
	MonthTotal string `json:"monthTotal,omitempty"`
}

// SharingTenant is one client of the platform, with its vault.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=stn,categories={all,voute}
// +kubebuilder:selectablefield:JSONPath=`.spec.retentionPolicyRef.name`
// +kubebuilder:printcolumn:name="READY",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="URL",type=string,JSONPath=`.status.environments[?(@.name=="production")].url`
// +kubebuilder:printcolumn:name="VERSION",type=string,JSONPath=`.status.environments[?(@.name=="production")].version`
// +kubebuilder:printcolumn:name="QUOTA",type=string,JSONPath=`.status.environments[?(@.name=="production")].quota`
// +kubebuilder:printcolumn:name="USED",type=string,JSONPath=`.status.environments[?(@.name=="production")].used`
// +kubebuilder:printcolumn:name="USED%",type=integer,JSONPath=`.status.environments[?(@.name=="production")].usedPercent`
// +kubebuilder:printcolumn:name="MONTHLY",type=string,JSONPath=`.status.billing.monthly`
// +kubebuilder:printcolumn:name="THIS-MONTH",type=string,JSONPath=`.status.billing.monthTotal`,description="what the month comes to so far, with its interventions"
// +kubebuilder:printcolumn:name="PENDING",type=string,JSONPath=`.status.conditions[?(@.type=="RolloutPending")].reason`
// +kubebuilder:printcolumn:name="AGE",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="REASON",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="MESSAGE",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="DEV-URL",type=string,priority=1,JSONPath=`.status.environments[?(@.name=="development")].url`
// +kubebuilder:printcolumn:name="AVAILABLE%",type=string,priority=1,JSONPath=`.status.environments[?(@.name=="production")].availability.percent`
// +kubebuilder:printcolumn:name="CERTIFICATE-UNTIL",type=string,priority=1,JSONPath=`.status.environments[?(@.name=="production")].certificateNotAfter`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$')",message="metadata.name: choose a DNS label of at most 40 characters (a-z, 0-9, -; first a letter): it names Services, ServiceAccounts and keys"
type SharingTenant struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object's metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is what the platform team asks for.
	// +required
	Spec SharingTenantSpec `json:"spec,omitzero"`

	// status is what the operator last saw; observedGeneration is -1 until it
	// has looked, so that nobody takes a new object for ready.
	// +optional
	// +default={"observedGeneration":-1}
	Status SharingTenantStatus `json:"status,omitzero"`
}

// SharingTenantList is a list of SharingTenants.
//
// +kubebuilder:object:root=true
type SharingTenantList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []SharingTenant `json:"items"`
}
