package status

import "time"

// Path is where the report is served on the status port.
const Path = "/status"

// Report is what a sharing server tells the operator. It holds no name of a
// document and no address of a person.
type Report struct {
	// Version of the server that answers.
	Version string `json:"version"`
	// ConfigHash is the lower-case hex SHA-256 of the voute.yaml in force.
	ConfigHash string `json:"configHash"`
	// ConfigError says why a newer file was not taken up; empty when none.
	ConfigError string `json:"configError,omitempty"`
	// Ready says whether users are served.
	Ready bool `json:"ready"`
	// Draining says that a stop was asked: what is under way may finish.
	Draining bool `json:"draining,omitempty"`
	// Requests of users under way, uploads and downloads among them.
	Requests int64 `json:"requests,omitempty"`

	// Storage figures are in bytes of plain documents.
	Storage StorageReport `json:"storage"`
	// Retention is what was shredded, and what is to be; nil from a version that
	// does not tell.
	Retention *RetentionReport `json:"retention,omitempty"`
	// Keys, Scanner and Mail tell whether the services behind are reached.
	Keys    Check `json:"keys"`
	Scanner Check `json:"scanner"`
	Mail    Check `json:"mail"`
	// Certificate is the one served.
	Certificate CertificateReport `json:"certificate"`
	// Pilots has one entry for each pilot of the configuration.
	Pilots []PilotReport `json:"pilots"`
}

// StorageReport says how full the vault is, in bytes.
type StorageReport struct {
	QuotaBytes    int64 `json:"quotaBytes"`
	UsedBytes     int64 `json:"usedBytes"`
	ReservedBytes int64 `json:"reservedBytes"` // uploads under way
	Documents     int64 `json:"documents"`
}

// RetentionReport says how far shredding has come.
type RetentionReport struct {
	// EarliestBucket is the first bucket, such as 2026-12-03, with something in it
	// that may still be opened; empty when there is none. The key of an earlier one
	// opens nothing any more. Documents under legal hold are in none.
	EarliestBucket string `json:"earliestBucket,omitempty"`
	// NextExpiry is when the next document expires; nil when there is none.
	NextExpiry *time.Time `json:"nextExpiry,omitempty"`
	DueIn7Days int64      `json:"dueIn7Days"`
	// LastSweep is up to when everything that was due had lost its wrapped key; nil
	// before the first time.
	LastSweep *time.Time `json:"lastSweep,omitempty"`
	// Shredded counts documents since ever.
	Shredded int64 `json:"shredded"`
	// Held counts documents under legal hold.
	Held int64 `json:"held"`
}

// Check is the last look at a service behind the server.
type Check struct {
	OK bool `json:"ok"`
	// Reason is a CamelCase word, Message a sentence with the next step; both empty when OK.
	Reason  string    `json:"reason,omitempty"`
	Message string    `json:"message,omitempty"`
	Time    time.Time `json:"time"`
}

// CertificateReport identifies the certificate served on the public port.
type CertificateReport struct {
	NotAfter time.Time `json:"notAfter"`
	// SHA256 is the lower-case hex hash of the DER certificate.
	SHA256 string `json:"sha256"`
}

// PilotReport says how far a pilot has come.
type PilotReport struct {
	ID string `json:"id"`
	// State is pending, invited or active.
	State string `json:"state"`
	// LastSignIn is the day of it, at midnight UTC; nil when never.
	LastSignIn *time.Time `json:"lastSignIn,omitempty"`
}
