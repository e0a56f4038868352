package web

// An upload holds up to 4.3 MiB (its sealing, a buffer, what HTTP/2 receives
// ahead), a download 2.1 MiB: together they stay within half of a container's
// usual 512 MiB and leave the rest to pages and passwords.
const (
	uploadsAtOnce   = 40
	downloadsAtOnce = 60
)

// room bounds how many do something at once; who finds no room comes back later.
type room chan struct{}

func (r room) enter() error {
	select {
	case r <- struct{}{}:
		return nil
	default:
		return errBusy
	}
}

func (r room) leave() { <-r }
