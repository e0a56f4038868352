package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"time"

	"sigs.k8s.io/yaml"
)

const (
	// LargestDocument is the most that one document may have, in bytes.
	LargestDocument = 2_000_000_000

	defaultHTTPS    = ":8443"
	defaultHTTP     = ":8080"
	defaultStatus   = ":8444"
	defaultDeadline = 24 * time.Hour
	// As many as the chart's clamd takes at a time, of the largest size.
	defaultScans      = 2
	defaultSpool      = defaultScans * LargestDocument
	defaultQuarantine = 7

	defaultJournalDays = 3650
)

// Parse reads the bytes of a voute.yaml: a field that is not known is refused,
// defaults are filled in, and every problem is named at once.
func Parse(data []byte) (*Config, error) {
	c := new(Config)
	if err := yaml.UnmarshalStrict(data, c); err != nil {
		return nil, fmt.Errorf("the configuration does not parse: %w", err)
	}
	c.fillIn()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return c, nil
}

// Hash identifies the bytes of a voute.yaml.
func Hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Location is the time zone in which a calendar day begins.
func (c *Config) Location() *time.Location {
	location, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		return time.UTC // Validate has refused such a configuration
	}
	return location
}

// Quarantine is for how many days an infected document is kept.
func (s Scanner) Quarantine() int {
	if s.QuarantineDays == nil {
		return defaultQuarantine
	}
	return *s.QuarantineDays
}

func read(file string) ([]byte, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("cannot read the configuration: %w", err)
	}
	return data, nil
}

func (c *Config) fillIn() {
	fill(&c.Listen.HTTPS, defaultHTTPS)
	fill(&c.Listen.HTTP, defaultHTTP)
	fill(&c.Listen.Status, defaultStatus)
	fill(&c.Storage.MaxDocumentBytes, LargestDocument)
	fill(&c.Scanner.Deadline, Duration(defaultDeadline))
	fill(&c.Scanner.Scans, defaultScans)
	fill(&c.Scanner.SpoolBytes, defaultSpool)
	c.Retention.fillIn()
	fill(&c.Organization.NameEn, c.Organization.NameFr)
	fill(&c.Organization.NameFr, c.Organization.NameEn)
	for i := range c.Pilots {
		fill(&c.Pilots[i].Language, "fr")
		fill(&c.Pilots[i].Name, c.Pilots[i].Email)
	}
}

func (r *Retention) fillIn() {
	yes := true
	fill(&r.SenderMayChoose, &yes)
	fill(&r.AfterLastDownload, KeepAfterLastDownload)
	fill(&r.AfterLastDownloadDays, 1)
	fill(&r.JournalDays, max(defaultJournalDays, r.MaxDays))
	fill(&r.Bucket, DayBucket)
	fill(&r.ApplyShortening, ShortenFromNowOn)
}

func fill[T comparable](field *T, value T) {
	var empty T
	if *field == empty {
		*field = value
	}
}
