package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"

	"voute.dev/voute/server/blocklist"
)

// problems gathers what is wrong, so that a person corrects a file once.
type problems []error

func (p *problems) add(field, format string, values ...any) {
	*p = append(*p, fmt.Errorf("%s: %s", field, fmt.Sprintf(format, values...)))
}

func (p *problems) require(field, value, example string) {
	if value == "" {
		p.add(field, "is missing: write %s", example)
	}
}

func (p *problems) choose(field, value, one, other string) {
	if value != one && value != other {
		p.add(field, "is %q: write %s or %s", value, one, other)
	}
}

// Validate names everything that a server could not work with.
func (c *Config) Validate() error {
	var p problems
	c.validatePlace(&p)
	c.Operator.validate(&p)
	c.Organization.validate(&p)
	validatePilots(c.Pilots, &p)
	c.Retention.validate(&p)
	c.Storage.validate(&p)
	c.Keys.validate(&p)
	c.Scanner.validate(c.Storage.MaxDocumentBytes, &p)
	c.Mail.validate(&p)
	c.Uploads.validate(&p)
	c.Shutdown.validate(&p)
	if c.Notice != nil {
		c.Notice.validate(&p)
	}
	if len(p) == 0 {
		return nil
	}
	return fmt.Errorf("the configuration is not valid:\n%w", errors.Join(p...))
}

func (c *Config) validatePlace(p *problems) {
	if !slices.Contains([]string{"production", "development"}, c.Environment) {
		p.add("environment", "is %q: write production or development", c.Environment)
	}
	if _, err := time.LoadLocation(c.TimeZone); err != nil || c.TimeZone == "" {
		p.add("timeZone", "is %q: write an IANA zone, such as America/Toronto", c.TimeZone)
	}
	address, err := url.Parse(c.Address)
	switch {
	case err != nil || address.Scheme != "https" || address.Hostname() == "":
		p.add("address", "is %q: write the public address, such as https://partage.example.gouv.qc.ca", c.Address)
	case address.Path != "" || address.RawQuery != "" || address.Fragment != "" || address.User != nil:
		p.add("address", "is %q: write scheme and host only, without a path", c.Address)
	}
	p.require("tls.certificateFile", c.TLS.CertificateFile, "the path of a PEM certificate")
	p.require("tls.keyFile", c.TLS.KeyFile, "the path of its PEM key")
}

func (o Operator) validate(p *problems) {
	for i, key := range o.PublicKeys {
		if digest, err := base64.StdEncoding.DecodeString(key); err != nil || len(digest) != 32 {
			p.add(fmt.Sprintf("operator.publicKeys[%d]", i), "is not the base64 of a SHA-256: write the hash of the client key's SubjectPublicKeyInfo")
		}
	}
}

func (o Organization) validate(p *problems) {
	p.require("organization.nameFr", o.NameFr, "the organisation's name")
	if !address(o.SupportEmail) {
		p.add("organization.supportEmail", "is not an e-mail address: write the one users ask for help")
	}
}

func validatePilots(pilots []Pilot, p *problems) {
	ids, emails := map[string]bool{}, map[string]bool{}
	for i, pilot := range pilots {
		field := fmt.Sprintf("pilots[%d]", i)
		p.require(field+".id", pilot.ID, "a name that stays the same while the address changes")
		if ids[pilot.ID] {
			p.add(field+".id", "is the id of another pilot: give each its own")
		}
		email := strings.ToLower(pilot.Email)
		if !address(pilot.Email) {
			p.add(field+".email", "is not an e-mail address")
		} else if emails[email] {
			p.add(field+".email", "is the address of another pilot: give each their own")
		}
		if pilot.Language != "fr" && pilot.Language != "en" {
			p.add(field+".language", "is %q: write fr or en", pilot.Language)
		}
		ids[pilot.ID], emails[email] = true, true
	}
}

func (r Retention) validate(p *problems) {
	if r.MinDays < 1 {
		p.add("retention.minDays", "is %d: write 1 or more", r.MinDays)
	}
	if r.MinDays > r.DefaultDays || r.DefaultDays > r.MaxDays {
		p.add("retention", "has minimum %d, default %d and maximum %d days: write them in ascending order", r.MinDays, r.DefaultDays, r.MaxDays)
	}
	if r.JournalDays < 0 {
		p.add("retention.journalDays", "is %d: write for how many days lines of the journal are kept, or 0 to keep them all", r.JournalDays)
	}
	if r.MaxDays > 3660 {
		p.add("retention.maxDays", "is %d: write at most 3660; documents stay temporarily", r.MaxDays)
	}
	if r.AfterLastDownloadDays < 1 || r.AfterLastDownloadDays > 3660 {
		p.add("retention.afterLastDownloadDays", "is %d: write 1 to 3660", r.AfterLastDownloadDays)
	}
	if r.JournalDays < r.MaxDays {
		p.add("retention.journalDays", "is %d: write at least maxDays, %d: the journal tells how each document came", r.JournalDays, r.MaxDays)
	}
	p.choose("retention.afterLastDownload", r.AfterLastDownload, KeepAfterLastDownload, DeleteAfterLastDownload)
	p.choose("retention.bucket", r.Bucket, DayBucket, WeekBucket)
	p.choose("retention.applyShortening", r.ApplyShortening, ShortenFromNowOn, ShortenAll)
}

func (s Storage) validate(p *problems) {
	p.require("storage.directory", s.Directory, "the folder of the volume")
	if s.QuotaBytes < 1 {
		p.add("storage.quotaBytes", "is %d: write how many bytes documents may take", s.QuotaBytes)
	}
	if s.MaxDocumentBytes < 1 || s.MaxDocumentBytes > LargestDocument {
		p.add("storage.maxDocumentBytes", "is %d: write 1 to %d", s.MaxDocumentBytes, int64(LargestDocument))
	}
}

func (k Keys) validate(p *problems) {
	v := k.Vault
	if v == nil {
		p.add("keys", "names no key service: write keys.vault")
		return
	}
	p.require("keys.vault.address", v.Address, "https://vault.example:8200")
	p.require("keys.vault.transitPath", v.TransitPath, "the mount of the transit engine, such as transit")
	p.require("keys.vault.prefix", v.Prefix, "<namespace>.<serviceaccount>")
	kubernetes := v.AuthPath != "" || v.Role != "" || v.ServiceAccountTokenFile != ""
	switch {
	case kubernetes == (v.TokenFile != ""):
		p.add("keys.vault", "needs either authPath, role and serviceAccountTokenFile, or tokenFile")
	case kubernetes && (v.AuthPath == "" || v.Role == "" || v.ServiceAccountTokenFile == ""):
		p.add("keys.vault", "needs authPath, role and serviceAccountTokenFile together")
	}
}

func (s Scanner) validate(largest int64, p *problems) {
	if (s.Address == "") == (s.Socket == "") {
		p.add("scanner", "needs either address (of the TLS gateway) or socket (of a local clamd)")
	}
	if s.Address != "" && (s.CertificateFile == "" || s.KeyFile == "") {
		p.add("scanner", "needs certificateFile and keyFile: the gateway asks for a client certificate")
	}
	if s.Deadline < 0 {
		p.add("scanner.deadline", "is negative: write such as \"24h\"")
	}
	if s.Scans < 1 || s.Scans > 64 {
		p.add("scanner.scans", "is %d: write 1 to 64, no more than the gateway's --scans", s.Scans)
	}
	if s.SpoolBytes < largest {
		p.add("scanner.spoolBytes", "is %d: write at least storage.maxDocumentBytes, %d, or no document of that size can be scanned", s.SpoolBytes, largest)
	}
	if s.Quarantine() < 0 || s.Quarantine() > 365 {
		p.add("scanner.quarantineDays", "is %d: write 0 to 365", s.Quarantine())
	}
}

func (u Uploads) validate(p *problems) {
	if err := (blocklist.List{Extensions: u.BlockedExtensions}).Check(); err != nil {
		p.add("uploads.blockedExtensions", "%s", err)
	}
	if err := (blocklist.List{Types: u.BlockedTypes}).Check(); err != nil {
		p.add("uploads.blockedTypes", "%s", err)
	}
}

func (m Mail) validate(p *problems) {
	p.require("mail.host", m.Host, "the name of the relay")
	if m.Port < 1 || m.Port > 65535 {
		p.add("mail.port", "is %d: write the relay's port, such as 587", m.Port)
	}
	if !slices.Contains([]string{"starttls", "tls", "none"}, m.Security) {
		p.add("mail.security", "is %q: write starttls, tls or none", m.Security)
	}
	if _, err := mail.ParseAddress(m.From); err != nil {
		p.add("mail.from", "is not an e-mail address: write the sender's")
	}
}

func address(text string) bool {
	parsed, err := mail.ParseAddress(text)
	return err == nil && parsed.Address == text
}
