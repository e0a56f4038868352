package status

import (
	"context"
	"sync"
	"time"
)

const patience = 10 * time.Second

// Probe looks at one service behind the server.
type Probe struct {
	Look func(context.Context) error
	// Describe turns an error into a reason and a message with the next step.
	Describe func(error) (reason, message string)
}

// Probes remembers the last look at each service, so that a report costs none.
type Probes struct {
	Now   func() time.Time
	All   map[string]Probe
	mu    sync.Mutex
	found map[string]Check
}

// Refresh looks at all services, side by side.
func (p *Probes) Refresh(ctx context.Context) {
	var group sync.WaitGroup
	for name, probe := range p.All {
		group.Go(func() {
			check := p.look(ctx, probe)
			if ctx.Err() == nil {
				p.remember(name, check)
			}
		})
	}
	group.Wait()
}

// Last is what the last look found; not OK before the first.
func (p *Probes) Last(name string) Check {
	p.mu.Lock()
	defer p.mu.Unlock()
	if check, looked := p.found[name]; looked {
		return check
	}
	return Check{Reason: "NotLookedYet", Message: "The server has just started; ask again in a few seconds."}
}

func (p *Probes) look(ctx context.Context, probe Probe) Check {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := probe.Look(ctx)
	check := Check{OK: err == nil, Time: p.Now().UTC()}
	if err != nil {
		check.Reason, check.Message = probe.Describe(err)
	}
	return check
}

func (p *Probes) remember(name string, check Check) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found == nil {
		p.found = map[string]Check{}
	}
	p.found[name] = check
}
