package config

import "time"

const (
	defaultSettle = 5 * time.Second
	defaultDrain  = 2 * time.Minute

	// endTime is the most that a stop takes beside settling and draining: what
	// was cut clears up after itself, workers let go, the last two ports close.
	endTime = 15 * time.Second

	longestSettle = 300
	longestDrain  = 24 * 60 * 60
)

// Settle is how long everything is still served once the stop was asked.
func (s Shutdown) Settle() time.Duration { return seconds(s.SettleSeconds, defaultSettle) }

// Drain is how long requests under way may go on after that.
func (s Shutdown) Drain() time.Duration { return seconds(s.DrainSeconds, defaultDrain) }

// Longest is the most that a stop takes. Whoever ends the process by force
// waits at least so long.
func (s Shutdown) Longest() time.Duration { return s.Settle() + s.Drain() + endTime }

func seconds(said *int, otherwise time.Duration) time.Duration {
	if said == nil {
		return otherwise
	}
	return time.Duration(*said) * time.Second
}

func (s Shutdown) validate(p *problems) {
	within(p, "shutdown.settleSeconds", s.SettleSeconds, longestSettle)
	within(p, "shutdown.drainSeconds", s.DrainSeconds, longestDrain)
}

func within(p *problems, field string, said *int, most int) {
	if said != nil && (*said < 0 || *said > most) {
		p.add(field, "is %d: write 0 to %d", *said, most)
	}
}
