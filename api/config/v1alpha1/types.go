package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sharing "voute.dev/voute/api/v1alpha1"
)

// APIVersion and Kind open every platform configuration file.
const (
	APIVersion = "config.sharing.voute.dev/v1alpha1"
	Kind       = "PlatformConfiguration"
)

// PlatformConfiguration is what one installation of the operator needs to know
// about the place it runs in.
type PlatformConfiguration struct {
	metav1.TypeMeta `json:",inline"`

	// TimeZone is the IANA zone in which calendar days begin; America/Toronto when empty.
	TimeZone string `json:"timeZone,omitempty"`
	// TrustedCAs are PEM certificates that servers and operator trust beside
	// the public ones: for Vault, the scan gateway, mail and private issuers.
	TrustedCAs string `json:"trustedCAs,omitempty"`

	// Server says which sharing servers may run and with what.
	Server Server `json:"server"`
	// Calendar says when changes that interrupt may start.
	Calendar Calendar `json:"calendar,omitempty"`
	// Rollout says how changes go through all tenants.
	Rollout Rollout `json:"rollout,omitempty"`
	// Hosts says which hosts tenants may ask for.
	Hosts Hosts `json:"hosts,omitempty"`
	// Exposure says how addresses are opened to the outside.
	Exposure Exposure `json:"exposure,omitempty"`
	// Availability says how it is found out whether addresses answer.
	Availability Availability `json:"availability,omitempty"`
	// Vault says where keys are.
	Vault Vault `json:"vault"`
	// Scanner says where documents are scanned.
	Scanner Scanner `json:"scanner"`
	// Mail says how messages leave.
	Mail Mail `json:"mail"`
	// Retention says how keys of days that are over are deleted.
	Retention Retention `json:"retention,omitempty"`
	// Storage has the defaults of volumes.
	Storage Storage `json:"storage,omitempty"`
	// Tariff has the prices.
	Tariff Tariff `json:"tariff,omitempty"`
	// TestClock moves the operator's time. It is for tests only: an operator that
	// is not started with --allow-test-clock refuses a file that sets it.
	TestClock TestClock `json:"testClock,omitempty"`
}

// TestClock moves the operator's time, so that a test need not wait for a window.
type TestClock struct {
	// Time, such as 2026-11-24T14:00:00-05:00, is what it is when the operator
	// takes the file into force; from then on it passes as on the machine. The
	// machine's own when empty.
	Time string `json:"time,omitempty"`
}

// Server says which sharing servers may run and with what.
type Server struct {
	// DefaultVersion runs where a tenant names none. It must be one of Images.
	DefaultVersion string `json:"defaultVersion"`
	// Images maps versions to images. A version not listed is refused.
	// +kubebuilder:validation:MinItems=1
	Images []ServerImage `json:"images"`
	// Resources are the requests and limits of each server. Sensible ones when empty.
	Resources corev1.ResourceRequirements `json:"resources,omitempty"`
	// NodeSelector and Tolerations place the servers.
	NodeSelector map[string]string   `json:"nodeSelector,omitempty"`
	Tolerations  []corev1.Toleration `json:"tolerations,omitempty"`
	// ImagePullSecrets are names of Secrets in the client's namespace.
	ImagePullSecrets []string `json:"imagePullSecrets,omitempty"`
}

// ServerImage is one version of the sharing server.
type ServerImage struct {
	// Version, such as 1.4.0.
	Version string `json:"version"`
	// Image, best with its digest (registry/voute-server@sha256:…): what a tag
	// names can change without anybody being told.
	Image string `json:"image"`
	// Kind is fix or release. When empty, a version that differs in its last
	// number only is a fix.
	// +kubebuilder:validation:Enum=fix;release;""
	Kind string `json:"kind,omitempty"`
	// From are the versions that it may follow. When empty: every one before it
	// that has the same first two numbers, or the second number before.
	From []string `json:"from,omitempty"`
}

// Calendar says when changes that interrupt may start. A tenant may have its
// own windows, hours and zone, and more freezes.
type Calendar struct {
	// MaintenanceWindows are for releases and maintenance; Wednesday 05:00–07:00
	// and Sunday 06:00–09:00 when empty.
	MaintenanceWindows []sharing.Window `json:"maintenanceWindows,omitempty"`
	// BusinessHours are for fixes; Monday to Friday 08:30–16:30 when empty.
	BusinessHours []sharing.Window `json:"businessHours,omitempty"`
	// Holidays differ from those of the Québec public service by these days.
	Holidays Holidays `json:"holidays,omitempty"`
	// Freezes are times in which nothing starts that can wait.
	Freezes []sharing.Freeze `json:"freezes,omitempty"`
}

// Holidays are days added to and taken from those of the Québec public service.
type Holidays struct {
	// Added and Removed are days such as 2026-12-28.
	Added   []string `json:"added,omitempty"`
	Removed []string `json:"removed,omitempty"`
}

// Rollout says how changes go through all tenants.
type Rollout struct {
	// Slots is how many environments change at the same time at most; 5 when 0.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000
	Slots int32 `json:"slots,omitempty"`
	// CanaryPercent of the clients that are to have a version get it before the
	// others; 10 when empty.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	CanaryPercent *int32 `json:"canaryPercent,omitempty"`
	// HaltAfter is how many clients may fail to get healthy with a change before
	// no more are started; 2 when 0.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000
	HaltAfter int32 `json:"haltAfter,omitempty"`
	// DeadlineMinutes is how long a change may take to get healthy before it is
	// taken back; 15 when 0.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1440
	DeadlineMinutes int32 `json:"deadlineMinutes,omitempty"`
	// ExpectedMinutes is how long before its end a window takes no more changes;
	// 10 when empty.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1440
	ExpectedMinutes *int32 `json:"expectedMinutes,omitempty"`
	// HealthyMinutes is how long a version runs healthy in development before
	// production, and with the first clients before the others; 1440 when empty.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=43200
	HealthyMinutes *int32 `json:"healthyMinutes,omitempty"`
	// NoticeDays lie between the announcement of a release and its start, unless
	// the client's own version moves; 7 when empty.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=365
	NoticeDays *int32 `json:"noticeDays,omitempty"`
	// AnnounceHours before a change starts its users are told; 72 when empty.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=8760
	AnnounceHours *int32 `json:"announceHours,omitempty"`
	// Halted are the versions that nobody else starts, until they are taken out again.
	// A change that is under way goes on, and an emergency waits for nothing.
	Halted []HaltedVersion `json:"halted,omitempty"`
}

// HaltedVersion is a version that the platform team has halted.
type HaltedVersion struct {
	// Version is one of the server's images.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Version string `json:"version"`
	// Reason is told to each tenant that waits: one line of at most 256 characters.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Reason string `json:"reason"`
}

// Hosts says which hosts tenants may ask for.
type Hosts struct {
	// AllowedSuffixes are DNS names: a tenant's host is one of them, or a name
	// below one (gouv.qc.ca allows partage.gouv.qc.ca, not evilgouv.qc.ca).
	// Every host is allowed when empty.
	AllowedSuffixes []string `json:"allowedSuffixes,omitempty"`
}

// Availability says how it is found out whether public addresses answer.
type Availability struct {
	// Through is the way that the operator takes to a public address: balancer, the
	// one that the load balancer has given to the Service; dns, as people do;
	// service, inside the cluster, where there is no other; none, so that it is not
	// asked and nothing is counted. Balancer when empty.
	// +kubebuilder:validation:Enum=balancer;dns;service;none;""
	Through string `json:"through,omitempty"`
	// TargetPercent of a year is promised to clients; 99 when empty.
	TargetPercent string `json:"targetPercent,omitempty"`
}

// Exposure says how addresses are opened to the outside: by one Service of
// type LoadBalancer for each address, TLS going through to the pod.
type Exposure struct {
	// Annotations are put on every such Service.
	Annotations map[string]string `json:"annotations,omitempty"`
	// LoadBalancerClass is set on every such Service when not empty.
	LoadBalancerClass string `json:"loadBalancerClass,omitempty"`
	// HTTPSPort is the public port in addresses; 443 when 0.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=65535
	HTTPSPort int32 `json:"httpsPort,omitempty"`
	// HTTPPort is the public port whose requests are redirected; 80 when 0.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=65535
	HTTPPort int32 `json:"httpPort,omitempty"`
	// NodePorts opens ports on every node for each such Service, for a load
	// balancer that comes in through them; others reach the pods without.
	NodePorts bool `json:"nodePorts,omitempty"`
}

// Vault says where keys are and under which roles operator and servers sign in.
type Vault struct {
	// Address, for example https://vault.vault.svc:8200.
	// +kubebuilder:validation:Pattern=`^https://`
	Address string `json:"address"`
	// TransitPath is the mount of the transit engine; transit when empty.
	TransitPath string `json:"transitPath,omitempty"`
	// AuthPath is the mount of the Kubernetes auth method; kubernetes when empty.
	AuthPath string `json:"authPath,omitempty"`
	// Audience is that of the ServiceAccount tokens shown to Vault; vault when empty.
	Audience string `json:"audience,omitempty"`
	// OperatorRole is the operator's role; voute-operator when empty.
	OperatorRole string `json:"operatorRole,omitempty"`
	// ServerRole is the servers' role; voute-server when empty.
	ServerRole string `json:"serverRole,omitempty"`
}

// Scanner says where documents are scanned: a clamd behind its TLS gateway.
type Scanner struct {
	// Address is host:port of the gateway.
	Address string `json:"address"`
	// ClientIssuer is the cert-manager ClusterIssuer whose certificates the gateway accepts.
	ClientIssuer string `json:"clientIssuer"`
}

// Mail says how messages leave: one relay for all clients.
type Mail struct {
	// Host of the relay.
	Host string `json:"host"`
	// Port of the relay; 587 when 0.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=65535
	Port int32 `json:"port,omitempty"`
	// Security is starttls (the default), tls or none.
	// +kubebuilder:validation:Enum=starttls;tls;none;""
	Security string `json:"security,omitempty"`
	// From is the sender's address.
	From string `json:"from"`
	// CredentialsSecret names a Secret with the keys username and password,
	// made by the platform in each client's namespace; no sign-in when empty.
	CredentialsSecret string `json:"credentialsSecret,omitempty"`
}

// Retention says how keys of days that are over are deleted.
type Retention struct {
	// KeyWaitDays is for how many days at most the key of a day that is over is kept
	// for a server that does not say that nothing is left in it; 7 when 0.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=90
	KeyWaitDays int32 `json:"keyWaitDays,omitempty"`
}

// Storage has the defaults of volumes.
type Storage struct {
	// ClassName is used where a tenant names no storage class; the cluster's default when empty.
	ClassName string `json:"className,omitempty"`
	// DevelopmentGB is allocated to development where a tenant asks for nothing; 2 when 0.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000
	DevelopmentGB int64 `json:"developmentGB,omitempty"`
}

// Tariff has the prices, in decimal text with two places ("3500.00").
type Tariff struct {
	// SubscriptionAnnual is the price of a year's subscription; 3500.00 when empty.
	SubscriptionAnnual string `json:"subscriptionAnnual,omitempty"`
	// IncludedGB is the allocation that the subscription includes; 20 when 0.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000
	IncludedGB int64 `json:"includedGB,omitempty"`
	// AdditionalGBAnnual is the price of one more GB a year; 3.75 when empty.
	AdditionalGBAnnual string `json:"additionalGBAnnual,omitempty"`
	// InterventionHour is the price of an hour's billable work; 133.00 when empty.
	InterventionHour string `json:"interventionHour,omitempty"`
	// Currency is an ISO 4217 code; CAD when empty.
	Currency string `json:"currency,omitempty"`
	// Changes are prices that hold from a day on, in their order.
	Changes []PriceChange `json:"changes,omitempty"`
}

// PriceChange is what changes of a tariff from a day on. What is empty stays as it
// was.
type PriceChange struct {
	// From is the first day, in the platform's zone, such as 2027-04-01.
	From string `json:"from"`
	// SubscriptionAnnual, IncludedGB, AdditionalGBAnnual and InterventionHour are as
	// in the tariff.
	SubscriptionAnnual string `json:"subscriptionAnnual,omitempty"`
	IncludedGB         int64  `json:"includedGB,omitempty"`
	AdditionalGBAnnual string `json:"additionalGBAnnual,omitempty"`
	InterventionHour   string `json:"interventionHour,omitempty"`
}
