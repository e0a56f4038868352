package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"voute.dev/voute/server/account"
	"voute.dev/voute/server/keys"
	"voute.dev/voute/server/status"
	"voute.dev/voute/server/version"
)

// newProbes says how the services behind are looked at, and what to do when
// they fail.
func (a *App) newProbes() *status.Probes {
	return &status.Probes{Now: a.now, All: map[string]status.Probe{
		"keys":    {Look: liveKeys{a.behind}.Check, Describe: describeKeys},
		"scanner": {Look: liveScanner{a.behind}.Check, Describe: describeScanner},
		"mail":    {Look: liveMailer{a.behind}.Check, Describe: describeMail},
	}}
}

func describeKeys(err error) (reason, message string) {
	if errors.Is(err, keys.ErrRefused) {
		return "KeysRefused", "Vault refuses this server: check its role and policy. " + err.Error()
	}
	return "KeysUnavailable", "Vault does not answer: unseal it, or restore the way to it. " + err.Error()
}

func describeScanner(err error) (reason, message string) {
	return "ScannerUnavailable", "The antivirus does not answer: check clamd, its gateway and this server's client certificate. " + err.Error()
}

func describeMail(err error) (reason, message string) {
	return "MailUnavailable", "The mail relay does not answer: check its address, certificate and credentials. " + err.Error()
}

// report is what the operator is told.
func (a *App) report(ctx context.Context) (status.Report, error) {
	hash, failure := a.config.State()
	r := status.Report{Version: version.Version, ConfigHash: hash, Ready: a.Ready(), Draining: a.state.stopping.Load(), Requests: a.traffic.underWay.Load()}
	if failure != nil {
		r.ConfigError = failure.Error()
	}
	r.Keys, r.Scanner, r.Mail = a.probes.Last("keys"), a.probes.Last("scanner"), a.probes.Last("mail")
	usage, err := a.documents.Documents.Usage(ctx)
	if err != nil {
		return r, err
	}
	r.Storage = status.StorageReport{
		QuotaBytes: a.config.Current().Storage.QuotaBytes, UsedBytes: usage.Used, ReservedBytes: usage.Reserved, Documents: usage.Documents,
	}
	if r.Retention, err = a.retentionReport(ctx); err != nil {
		return r, err
	}
	r.Certificate = a.certificateReport()
	r.Pilots, err = a.pilotReports(ctx)
	return r, err
}

func (a *App) retentionReport(ctx context.Context) (*status.RetentionReport, error) {
	due, err := a.documents.Dues.Due(ctx, a.now())
	if err != nil {
		return nil, err
	}
	shredded, err := a.documents.Destructions.Count(ctx)
	return &status.RetentionReport{
		EarliestBucket: due.EarliestBucket, NextExpiry: orNil(due.NextExpiry), DueIn7Days: due.DueIn7Days,
		LastSweep: orNil(a.documents.LastSweep()), Shredded: shredded, Held: due.Held,
	}, err
}

func orNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (a *App) certificateReport() status.CertificateReport {
	pair, err := a.certificate.Current()
	if err != nil {
		a.log.Warn("the certificate files are not taken up; the one before is served", "error", err)
	}
	sum := sha256.Sum256(pair.Certificate[0])
	return status.CertificateReport{NotAfter: pair.Leaf.NotAfter, SHA256: hex.EncodeToString(sum[:])}
}

func (a *App) pilotReports(ctx context.Context) ([]status.PilotReport, error) {
	accounts, err := a.accounts.Accounts.List(ctx)
	if err != nil {
		return nil, err
	}
	known := map[string]account.Account{}
	for _, person := range accounts {
		known[person.PilotID] = person
	}
	reports := []status.PilotReport{}
	for _, pilot := range a.config.Current().Pilots {
		reports = append(reports, pilotReport(pilot.ID, known[pilot.ID]))
	}
	return reports, nil
}

func pilotReport(id string, a account.Account) status.PilotReport {
	r := status.PilotReport{ID: id, State: string(account.Pending)}
	if a.State == account.Invited || a.State == account.Active {
		r.State = string(a.State)
	}
	if !a.LastSignIn.IsZero() {
		day := a.LastSignIn.UTC().Truncate(24 * time.Hour)
		r.LastSignIn = &day
	}
	return r
}
