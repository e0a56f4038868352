package session

import (
	"net/netip"
	"strings"
	"time"

	"voute.dev/voute/server/limit"
	"voute.dev/voute/server/secret"
)

// Guard slows guessing down. Only failures count, but for codes sent. Known
// and unknown accounts are limited alike. The limit of one account from one
// address is tight; that of the account from everywhere is wide, so that a
// stranger cannot easily lock its owner out; that of an address is wider,
// since a whole office may share one.
type Guard struct {
	pair, account, address, codes, tries *limit.Limiter
}

// NewGuard remembers in bounded memory, and forgets in a restart.
func NewGuard(now func() time.Time) *Guard {
	limiter := func(burst int, every time.Duration) *limit.Limiter {
		return &limit.Limiter{Burst: burst, Every: every, MaxKeys: 20_000, Now: now}
	}
	return &Guard{
		pair:    limiter(10, time.Minute),
		account: limiter(50, time.Minute),
		address: limiter(200, 10*time.Second),
		codes:   limiter(12, 5*time.Minute),
		tries:   limiter(25, 5*time.Minute),
	}
}

// Password counts an attempt before it is made: many at once get no further
// than one after the other.
func (g *Guard) Password(email, address string) error {
	account, network := g.keys(email, address)
	return take(turn{g.pair, account + network}, turn{g.account, account}, turn{g.address, network})
}

// Passed takes the count of a right password back.
func (g *Guard) Passed(email, address string) {
	account, network := g.keys(email, address)
	g.pair.GiveBack(account + network)
	g.account.GiveBack(account)
	g.address.GiveBack(network)
}

// CodeSent counts a code about to be mailed to an account.
func (g *Guard) CodeSent(account string) error { return take(turn{g.codes, account}) }

// Code counts an attempt at a code before it is made.
func (g *Guard) Code(account string) error { return take(turn{g.tries, account}) }

// CodePassed takes the count of a right code back.
func (g *Guard) CodePassed(account string) { g.tries.GiveBack(account) }

// keys holds no address of a person in memory, and takes a whole /64 of IPv6
// for one place.
func (g *Guard) keys(email, address string) (account, network string) {
	account = string(secret.Digest(strings.ToLower(strings.TrimSpace(email))))
	ip, err := netip.ParseAddr(address)
	if err != nil || ip.Unmap().Is4() {
		return account, address
	}
	prefix, err := ip.Prefix(64)
	if err != nil {
		return account, address
	}
	return account, prefix.String()
}

// turn is one event of one limiter's key.
type turn struct {
	limiter *limit.Limiter
	key     string
}

// take takes all turns or none.
func take(turns ...turn) error {
	for i, t := range turns {
		wait := t.limiter.Take(t.key)
		if wait == 0 {
			continue
		}
		for _, taken := range turns[:i] {
			taken.limiter.GiveBack(taken.key)
		}
		return &LimitError{Wait: wait}
	}
	return nil
}
