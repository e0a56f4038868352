package config

import (
	"time"

	"voute.dev/voute/server/blocklist"
)

// Config is the whole of voute.yaml.
type Config struct {
	// Environment is production or development; shown on pages when not production.
	Environment string `json:"environment"`
	// Version of the file's writer is not here: the server's own version is built in.

	// TimeZone is the IANA zone in which a calendar day, and so a bucket, begins.
	TimeZone string `json:"timeZone"`
	// Address is the public URL, without a path: https://partage.example.gouv.qc.ca
	Address string `json:"address"`

	Listen       Listen       `json:"listen"`
	TLS          TLS          `json:"tls"`
	Operator     Operator     `json:"operator"`
	Organization Organization `json:"organization"`
	Pilots       []Pilot      `json:"pilots"`
	Retention    Retention    `json:"retention"`
	Storage      Storage      `json:"storage"`
	Keys         Keys         `json:"keys"`
	Scanner      Scanner      `json:"scanner"`
	Mail         Mail         `json:"mail"`
	Uploads      Uploads      `json:"uploads"`
	Shutdown     Shutdown     `json:"shutdown,omitzero"`
	// Notice is what users and pilots are told ahead of time; nil when nothing is to come.
	Notice *Notice `json:"notice,omitempty"`
}

// Listen has the addresses to listen on; empty ones take the defaults shown.
// A change of them takes effect at the next start.
type Listen struct {
	HTTPS  string `json:"https"`  // ":8443"
	HTTP   string `json:"http"`   // ":8080": redirects to Address, and answers /healthz and /readyz
	Status string `json:"status"` // ":8444": GET /status for the pinned operator key only
}

// TLS names the certificate files, read again whenever they change.
type TLS struct {
	CertificateFile string `json:"certificateFile"`
	KeyFile         string `json:"keyFile"`
	// TrustedCAFile has PEM certificates trusted beside the system's, for
	// Vault, the scan gateway and the mail relay. Optional.
	TrustedCAFile string `json:"trustedCAFile,omitempty"`
}

// Operator has the SHA-256 of the SubjectPublicKeyInfo (base64, standard
// alphabet) of each client key that may read /status: one, or two during a
// rotation. None: /status is not served.
type Operator struct {
	PublicKeys []string `json:"publicKeys,omitempty"`
}

// Organization is the client as users see it.
type Organization struct {
	NameFr       string `json:"nameFr"`
	NameEn       string `json:"nameEn"`
	SupportEmail string `json:"supportEmail"`
	FraudContact string `json:"fraudContact,omitempty"`
	LogoFile     string `json:"logoFile,omitempty"`
}

// Pilot is one of the client's administrators. A pilot that leaves the list
// can no longer sign in; one that returns takes the old account up again.
type Pilot struct {
	// ID is the Pilot object's name: stable while the e-mail address changes.
	ID       string `json:"id"`
	Email    string `json:"email"`
	Name     string `json:"name"`
	Language string `json:"language"` // fr or en
}

// Retention says how long documents live, in days; Min ≤ Default ≤ Max ≤ Journal.
type Retention struct {
	DefaultDays int `json:"defaultDays"`
	MinDays     int `json:"minDays"`
	MaxDays     int `json:"maxDays"`
	// SenderMayChoose lets senders choose and extend; true when not said.
	SenderMayChoose *bool `json:"senderMayChoose,omitempty"`
	// AfterLastDownload is Keep or Delete; Keep when not said.
	AfterLastDownload string `json:"afterLastDownload,omitempty"`
	// AfterLastDownloadDays after the last download a document ends, with Delete; 1 when not said.
	AfterLastDownloadDays int `json:"afterLastDownloadDays,omitempty"`
	// JournalDays is how long the journal and the records of destruction are kept; 3650 when not said.
	JournalDays int `json:"journalDays,omitempty"`
	// Bucket is Day or Week; Day when not said.
	Bucket string `json:"bucket,omitempty"`
	// ApplyShortening is FromNowOn or ToAll; FromNowOn when not said.
	ApplyShortening string `json:"applyShortening,omitempty"`
}

// Words of Retention.
const (
	KeepAfterLastDownload   = "Keep"
	DeleteAfterLastDownload = "Delete"
	DayBucket               = "Day"
	WeekBucket              = "Week"
	ShortenFromNowOn        = "FromNowOn"
	ShortenAll              = "ToAll"
)

// Storage is where documents and the database live, and how much documents may take.
type Storage struct {
	Directory string `json:"directory"`
	// QuotaBytes bounds the sum of the documents' plain sizes.
	QuotaBytes int64 `json:"quotaBytes"`
	// MaxDocumentBytes is at most 2,000,000,000, the default.
	MaxDocumentBytes int64 `json:"maxDocumentBytes,omitempty"`
}

// Keys says where data keys come from. Exactly one member is set.
type Keys struct {
	Vault *VaultKeys `json:"vault,omitempty"`
}

// VaultKeys is a transit mount reached with the Kubernetes auth method, or with
// a token from a file on a laptop.
type VaultKeys struct {
	Address     string `json:"address"`
	TransitPath string `json:"transitPath"`
	// Prefix is "<namespace>.<serviceaccount>": the key of a bucket is Prefix + "." + bucket.
	Prefix string `json:"prefix"`

	// AuthPath, Role and ServiceAccountTokenFile are for the Kubernetes auth method.
	AuthPath                string `json:"authPath,omitempty"`
	Role                    string `json:"role,omitempty"`
	ServiceAccountTokenFile string `json:"serviceAccountTokenFile,omitempty"`
	// TokenFile has a Vault token; instead of the three above.
	TokenFile string `json:"tokenFile,omitempty"`
}

// Scanner is a clamd: over its mutual-TLS gateway, or (laptop) on a unix socket.
type Scanner struct {
	Address         string `json:"address,omitempty"`
	CertificateFile string `json:"certificateFile,omitempty"`
	KeyFile         string `json:"keyFile,omitempty"`
	Socket          string `json:"socket,omitempty"`
	// Deadline is how long a document may wait for a verdict before it fails; 24h when 0.
	Deadline Duration `json:"deadline,omitempty"`
	// Scans is how many documents are sent to clamd at a time, 2 when 0; and
	// SpoolBytes how many bytes of them together, 4,000,000,000 when 0. clamd
	// takes each one whole into a spool in memory, which it shares with other
	// clients: the gateway's --scans bounds what all of them send.
	Scans      int   `json:"scans,omitempty"`
	SpoolBytes int64 `json:"spoolBytes,omitempty"`
	// QuarantineDays is how long an infected document is kept, sealed, before
	// it is shredded, unless it expires before; 7 when not said.
	QuarantineDays *int `json:"quarantineDays,omitempty"`
}

// Mail is the relay. CredentialsDirectory holds the files username and password.
type Mail struct {
	Host                 string `json:"host"`
	Port                 int    `json:"port"`
	Security             string `json:"security"` // starttls, tls or none
	From                 string `json:"from"`
	CredentialsDirectory string `json:"credentialsDirectory,omitempty"`
}

// Uploads can be closed by the operator, for example when the retention policy is gone.
type Uploads struct {
	Closed bool `json:"closed,omitempty"`
	// BlockedExtensions are endings of names that are refused: exe, tar.gz;
	// BlockedTypes are media types by a document's first bytes: application/x-sh,
	// video/*. What is in an archive is not looked at for either.
	BlockedExtensions []string `json:"blockedExtensions,omitempty"`
	BlockedTypes      []string `json:"blockedTypes,omitempty"`
}

// Blocklist is what is refused.
func (u Uploads) Blocklist() blocklist.List {
	return blocklist.List{Extensions: u.BlockedExtensions, Types: u.BlockedTypes}
}

// Shutdown is how the server stops. It is read when the stop is asked.
type Shutdown struct {
	// SettleSeconds is how long everything is still served after /readyz has
	// begun to fail, so that no new connection is sent here; 5 when not said.
	SettleSeconds *int `json:"settleSeconds,omitempty"`
	// DrainSeconds is how long requests under way, uploads above all, may go on
	// after that; what has not ended then is cut. 120 when not said.
	DrainSeconds *int `json:"drainSeconds,omitempty"`
}

// Notice is a change of the service that is about to come.
type Notice struct {
	// Kind is fix, release or maintenance.
	Kind string `json:"kind"`
	// Version is that of the fix or release; optional.
	Version string `json:"version,omitempty"`
	// StartsAt and EndsAt are the window in which the change is made, and the
	// service may be interrupted; the end is no longer part of it.
	StartsAt time.Time `json:"startsAt"`
	EndsAt   time.Time `json:"endsAt"`
	// AnnounceFrom is when users and pilots begin to be told; not after StartsAt.
	AnnounceFrom time.Time `json:"announceFrom"`
}

// Kinds of notice.
const (
	Fix         = "fix"
	Release     = "release"
	Maintenance = "maintenance"
)

// Duration is a time.Duration written as "24h".
type Duration time.Duration
