package benchoperator

import (
	"fmt"
	"testing"
	"time"
)

// idle is what the operator does while nobody asks for anything, in an hour.
type idle struct {
	cpu, reads, writes float64
	// leases is what it takes to stay the leader, and signIns to be known to Vault;
	// watches end by themselves now and then. Reports are the servers'.
	leases, signIns, watches, reports float64
}

// idleTime is shorter for few tenants, and long enough for a look at each.
func idleTime(longest time.Duration) time.Duration {
	return min(longest, max(time.Minute, time.Duration(*tenants)*time.Second))
}

// leaveAlone counts what comes from the operator meanwhile at the API server, in
// Vault and at the servers, and what the kernel counts for its process.
func (s *stage) leaveAlone(t *testing.T, longest time.Duration) idle {
	t.Helper()
	length := idleTime(longest)
	mark, vaultMark, begin, before := sizeOf(t, s.audit), sizeOf(t, s.vault.audit), time.Now(), s.process.cpu(t)
	s.simulator.forgetAsked()
	time.Sleep(length)
	reports := s.simulator.allAsked()
	cpu, hours := s.process.cpu(t)-before, time.Since(begin).Hours()
	w, toVault := s.writes(t, mark), s.vault.since(t, vaultMark)
	tell(fmt.Sprintf("left alone for %s", length), w)
	fmt.Printf("left alone for %s: Vault %+v, watches %d\n", length, toVault, w.watches)
	return idle{
		cpu: cpu / hours, reads: float64(sum(w.reads)+toVault.reads) / hours, writes: float64(w.total()+w.events+toVault.writes) / hours,
		leases: float64(w.leases) / hours, signIns: float64(toVault.signIns) / hours,
		watches: float64(w.watches) / hours, reports: float64(reports) / hours,
	}
}

func (i idle) publish() {
	figure("idle.cpu_seconds_per_hour", i.cpu, "s")
	figure("idle.reads_per_hour", i.reads, "reads")
	figure("idle.writes_per_hour", i.writes, "writes")
	figure("idle.lease_writes_per_hour", i.leases, "writes")
	figure("idle.vault_sign_ins_per_hour", i.signIns, "sign-ins")
	figure("idle.watches_per_hour", i.watches, "watches")
	figure("idle.reports_per_hour", i.reports, "reports")
}
