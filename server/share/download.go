package share

import (
	"cmp"
	"context"
	"slices"
	"time"

	"voute.dev/voute/server/document"
	"voute.dev/voute/server/journal"
)

// Take lets a recipient have a part of a document through one of the shares
// that give it, and tells which; document.ErrLimit when none does any more. It
// counts, and tells the owner who wants to know, in the caller's transaction.
func (s *Service) Take(ctx context.Context, by journal.Actor, d document.Document, p document.Part) (string, error) {
	standing, err := s.Lists.Of(ctx, d.ID, s.Now())
	if err != nil {
		return "", err
	}
	standing = slices.DeleteFunc(standing, func(share Share) bool { return !share.For(by.ID) })
	if len(standing) == 0 {
		return "", document.ErrNotFound
	}
	choices := make([]choice, 0, len(standing))
	for _, share := range standing {
		before, err := s.Ledger.Tally(ctx, share.ID, by.ID, d.ID)
		if err != nil {
			return "", err
		}
		choices = append(choices, chosen(share, before, s.Now(), p, d.Size))
	}
	best := slices.MinFunc(choices, choice.compare)
	if best.refused {
		return "", document.ErrLimit
	}
	if err := s.Ledger.Put(ctx, best.after); err != nil {
		return "", err
	}
	if best.counted && best.share.Notify && !p.Silent {
		err = s.tellOwner(ctx, by.ID, best.share, d)
	}
	return best.share.ID, err
}

// choice is what taking a part through one share would come to.
type choice struct {
	share            Share
	after            Tally
	counted, refused bool
}

func chosen(share Share, before Tally, now time.Time, p document.Part, size int64) choice {
	after, counted := before.Take(now, p, size)
	return choice{share: share, after: after, counted: counted, refused: counted && share.Limit > 0 && after.Count > share.Limit}
}

// compare prefers a share that is not used up, in which a download goes on, that
// has no limit, and that ends first.
func (c choice) compare(other choice) int {
	return cmp.Or(
		flag(c.refused)-flag(other.refused), flag(c.counted)-flag(other.counted),
		flag(c.share.Limit > 0)-flag(other.share.Limit > 0), c.share.Expires.Compare(other.share.Expires),
	)
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (s *Service) tellOwner(ctx context.Context, reader string, share Share, d document.Document) error {
	defer s.WakeMail()
	owner, err := s.Accounts.ByID(ctx, share.Owner)
	if err != nil || !owner.Reachable() {
		return err
	}
	who, err := s.Accounts.ByID(ctx, reader)
	if err != nil {
		return err
	}
	letter, err := s.Letters.Downloaded(owner, who.Name, share.ID, d.Expires)
	return s.post(ctx, letter, err)
}
