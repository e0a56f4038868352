package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"voute.dev/voute/server/config"
	"voute.dev/voute/server/journal"
	"voute.dev/voute/server/secret"
)

// KeepPilots makes the pilots' accounts what the configuration says: those that
// left are withdrawn first, and nothing about the others can prevent that;
// those that stay are changed next (two may exchange addresses); those that are
// new come last.
func (s *Service) KeepPilots(ctx context.Context, pilots []config.Pilot) error {
	return errors.Join(
		s.keep(ctx, func(ctx context.Context, k keeping) error { return k.withdraw(ctx, pilots) }),
		s.keep(ctx, func(ctx context.Context, k keeping) error { return k.update(ctx, pilots) }),
		s.keep(ctx, func(ctx context.Context, k keeping) error { return k.add(ctx, pilots) }),
	)
}

func (s *Service) keep(ctx context.Context, step func(context.Context, keeping) error) error {
	return s.change(ctx, func(ctx context.Context) error {
		k := keeping{Service: s, accounts: map[string]Account{}}
		if err := k.load(ctx); err != nil {
			return err
		}
		return step(ctx, k)
	})
}

// keeping is one step of KeepPilots; accounts are those of pilots, by PilotID.
type keeping struct {
	*Service
	accounts map[string]Account
}

func (k keeping) load(ctx context.Context) error {
	all, err := k.Accounts.List(ctx)
	for _, a := range all {
		if a.PilotID != "" {
			k.accounts[a.PilotID] = a
		}
	}
	return err
}

func (k keeping) withdraw(ctx context.Context, pilots []config.Pilot) error {
	stays := map[string]bool{}
	for _, p := range pilots {
		stays[p.ID] = true
	}
	for id, a := range k.accounts {
		if stays[id] || a.State == Withdrawn {
			continue
		}
		if err := k.close(ctx, journal.Actor{}, a, Withdrawn, journal.AccountWithdrawn); err != nil {
			return fmt.Errorf("cannot withdraw pilot %s: %w", id, err)
		}
	}
	return nil
}

func (k keeping) update(ctx context.Context, pilots []config.Pilot) error {
	var changed []config.Pilot
	for _, p := range pilots {
		a, known := k.accounts[p.ID]
		if !known || same(a, p) {
			continue
		}
		if taken, err := k.taken(ctx, a, p); err != nil {
			return err
		} else if taken {
			k.Log.Error("a pilot's new address belongs to another person; the old one stays: correct the Pilot, or have the other account's address freed", "pilot", p.ID)
			continue
		}
		if err := k.stepAside(ctx, a, p); err != nil {
			return fmt.Errorf("cannot change pilot %s: %w", p.ID, err)
		}
		changed = append(changed, p)
	}
	for _, p := range changed {
		if err := k.set(ctx, k.accounts[p.ID], p); err != nil {
			return fmt.Errorf("cannot change pilot %s: %w", p.ID, err)
		}
	}
	return nil
}

// taken tells whether somebody else who keeps the address has it.
func (k keeping) taken(ctx context.Context, a Account, p config.Pilot) (bool, error) {
	other, err := k.Accounts.ByEmail(ctx, strings.ToLower(p.Email))
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil && other.ID != a.ID && !other.Pilot(), err
}

// stepAside frees an address that is about to change.
func (k keeping) stepAside(ctx context.Context, a Account, p config.Pilot) error {
	if a.Email == strings.ToLower(p.Email) {
		return nil
	}
	a.Email = "changing:" + a.ID
	return k.Accounts.Save(ctx, a)
}

func (k keeping) set(ctx context.Context, a Account, p config.Pilot) error {
	moved, returned := a.Email != strings.ToLower(p.Email), a.State == Withdrawn || a.State == Disabled
	a.Email, a.Name = strings.ToLower(p.Email), p.Name
	if returned && a.Password != "" {
		a.State = Active
	}
	if moved { // a link mailed to the old address is no longer this person's
		a.Invitation, a.InvitationExpires = nil, time.Time{}
	}
	if err := k.Accounts.Save(ctx, a); err != nil {
		return err
	}
	detail := journal.Detail{"address-changed": fmt.Sprint(moved), "returned": fmt.Sprint(returned)}
	if err := k.note(ctx, journal.Actor{}, journal.AccountChanged, a, detail); err != nil {
		return err
	}
	switch {
	case a.State != Active && (moved || returned):
		return k.invite(ctx, journal.Actor{}, &a)
	case moved:
		return k.Sessions.RemoveOf(ctx, a.ID)
	}
	return nil
}

func (k keeping) add(ctx context.Context, pilots []config.Pilot) error {
	for _, p := range pilots {
		if _, known := k.accounts[p.ID]; known {
			continue
		}
		if err := k.appoint(ctx, p); err != nil {
			return fmt.Errorf("cannot make an account for pilot %s: %w", p.ID, err)
		}
	}
	return nil
}

// appoint makes a pilot: of the account that has the address already, so that
// its documents stay with the person, or a new one. Who was withdrawn under
// another id chooses a new password.
func (k keeping) appoint(ctx context.Context, p config.Pilot) error {
	a, err := k.Accounts.ByEmail(ctx, strings.ToLower(p.Email))
	switch {
	case err == nil:
		a.PilotID = p.ID
		if a.State == Withdrawn || a.State == Disabled {
			a.Password = ""
		}
		return k.set(ctx, a, p)
	case !errors.Is(err, ErrNotFound):
		return err
	}
	a = Account{
		ID: secret.ID(), PilotID: p.ID, Email: strings.ToLower(p.Email), Name: p.Name, Language: p.Language,
		State: Pending, Created: k.Now(),
	}
	if err := k.Accounts.Add(ctx, a); err != nil {
		return err
	}
	if err := k.note(ctx, journal.Actor{}, journal.AccountCreated, a, journal.Detail{"role": "pilot"}); err != nil {
		return err
	}
	return k.invite(ctx, journal.Actor{}, &a)
}

// same leaves the language out: once the account exists, the person chooses it.
func same(a Account, p config.Pilot) bool {
	return a.Email == strings.ToLower(p.Email) && a.Name == p.Name && a.State != Withdrawn
}

// about lists the words that a person's password must not be made of.
func about(a Account) []string {
	local, domain, _ := strings.Cut(a.Email, "@")
	host, _, _ := strings.Cut(domain, ".")
	return append([]string{a.Email, local, host, a.Name}, strings.Fields(a.Name)...)
}
