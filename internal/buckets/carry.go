package buckets

import "context"

// Keys deletes keys in Vault, and tells whether there was one.
type Keys interface {
	Destroy(ctx context.Context, name string) (found bool, err error)
}

// Done is what was done of a plan.
type Done struct {
	// Through is the last day that is done; empty when none was.
	Through string
	// Deleted are the days of which there was a key; Forced those of them that the
	// server had not confirmed; Reborn earlier ones whose key had come to life again.
	Deleted, Forced, Reborn []string
	// Failed is the day at which an error ended it.
	Failed string
}

// Carry deletes the keys of a plan's days, under the prefix of an environment, up
// to the first failure. To do it again does no harm.
func Carry(ctx context.Context, keys Keys, prefix string, plan Plan) (Done, error) {
	var done Done
	for _, day := range plan.Days {
		if err := done.close(ctx, keys, prefix, day); err != nil {
			done.Failed = day.Name
			return done, err
		}
		done.Through = day.Name
	}
	return done, nil
}

func (d *Done) close(ctx context.Context, keys Keys, prefix string, day Day) error {
	for _, name := range day.Again {
		found, err := keys.Destroy(ctx, prefix+"."+name)
		if err != nil {
			return err
		}
		if found {
			d.Reborn = append(d.Reborn, name)
		}
	}
	found, err := keys.Destroy(ctx, prefix+"."+day.Name)
	if err != nil || !found {
		return err
	}
	d.Deleted = append(d.Deleted, day.Name)
	if day.Forced {
		d.Forced = append(d.Forced, day.Name)
	}
	return nil
}
