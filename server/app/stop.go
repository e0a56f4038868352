package app

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// cutTime is what a request that was cut gets to clear up after itself; what
	// it leaves is cleared up at the next start.
	cutTime = 5 * time.Second
	// lastTime is for the answers of the two ports that close last.
	lastTime = 2 * time.Second
)

// traffic counts the requests on the public port: all that came, and those under way.
type traffic struct{ came, underWay atomic.Int64 }

func (t *traffic) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.came.Add(1)
		t.underWay.Add(1)
		defer t.underWay.Add(-1)
		next.ServeHTTP(w, r)
	})
}

// await waits until nothing is under way, or for so long.
func (t *traffic) await(limit time.Duration) {
	for end := time.Now().Add(limit); t.underWay.Load() > 0 && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
}

// settle drops the readiness first, and goes on serving for a while: until
// those who send connections here have seen it, they send more.
func (a *App) settle() {
	limits := a.config.Current().Shutdown
	a.state.stopping.Store(true)
	a.log.Info("stop asked: not ready from now on, still serving", "settle", limits.Settle().String(), "requests", a.traffic.underWay.Load())
	time.Sleep(limits.Settle())
}

// drain takes no new connections on the public port and lets requests under way
// finish, up to a limit. Uploads that can be resumed end at once, and go on with
// the next server. A form that is cut leaves nothing: it counts from its last
// byte on.
func (a *App) drain(public port) {
	a.state.draining.Store(true)
	a.documents.StopUploads()
	began, limit := time.Now(), a.config.Current().Shutdown.Drain()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	var cut int64
	if err := public.server.Shutdown(ctx); err != nil {
		cut = a.traffic.underWay.Load()
		_ = public.server.Close()
		a.traffic.await(cutTime)
	}
	a.log.Info("drained: the public port is closed", "cut", cut, "limit", limit.String(), "milliseconds", time.Since(began).Milliseconds())
}

// end closes the ports that answer to the end: probes, and the operator's report.
func end(last []port) {
	ctx, cancel := context.WithTimeout(context.Background(), lastTime)
	defer cancel()
	var group sync.WaitGroup
	for _, p := range last {
		group.Go(func() {
			if err := p.server.Shutdown(ctx); err != nil {
				_ = p.server.Close()
			}
		})
	}
	group.Wait()
}
