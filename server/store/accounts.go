package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"voute.dev/voute/server/account"
)

// Accounts keeps accounts.
type Accounts struct{ *DB }

var _ account.Repository = Accounts{}

const accountColumns = `id, pilot_id, email, name, language, state, password, invitation, invitation_expires, created, terms_accepted, last_sign_in`

// Add adds an account.
func (s Accounts) Add(ctx context.Context, a account.Account) error {
	_, err := s.exec(ctx, `INSERT INTO accounts (`+accountColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, accountValues(a)...)
	return accountError(a.ID, err)
}

// Save replaces an account.
func (s Accounts) Save(ctx context.Context, a account.Account) error {
	n, err := s.exec(ctx, `UPDATE accounts SET (`+accountColumns+`) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE id = ?`, append(accountValues(a), a.ID)...)
	if err == nil && n == 0 {
		return account.ErrNotFound
	}
	return accountError(a.ID, err)
}

// ByID finds an account.
func (s Accounts) ByID(ctx context.Context, id string) (account.Account, error) {
	return s.find(ctx, "id = ?", id)
}

// ByEmail finds an account by its address in lower case.
func (s Accounts) ByEmail(ctx context.Context, email string) (account.Account, error) {
	return s.find(ctx, "email = ?", email)
}

// ByInvitation finds the account that an invitation is for.
func (s Accounts) ByInvitation(ctx context.Context, digest []byte) (account.Account, error) {
	return s.find(ctx, "invitation = ?", digest)
}

// List has all accounts in the order of names.
func (s Accounts) List(ctx context.Context) ([]account.Account, error) {
	all, err := list(ctx, s.DB, readAccount, `SELECT `+accountColumns+` FROM accounts ORDER BY name COLLATE NOCASE, id`)
	if err != nil {
		return nil, fmt.Errorf("cannot list the accounts: %w", err)
	}
	return all, nil
}

func (s Accounts) find(ctx context.Context, condition string, value any) (account.Account, error) {
	a, err := readAccount(s.reader(ctx).QueryRowContext(ctx, `SELECT `+accountColumns+` FROM accounts WHERE `+condition, value))
	if errors.Is(err, sql.ErrNoRows) {
		return account.Account{}, account.ErrNotFound
	}
	if err != nil {
		return account.Account{}, fmt.Errorf("cannot find an account: %w", err)
	}
	return a, nil
}

func accountValues(a account.Account) []any {
	return []any{
		a.ID, sql.NullString{String: a.PilotID, Valid: a.PilotID != ""}, a.Email, a.Name, a.Language, string(a.State), a.Password,
		a.Invitation, stamp(a.InvitationExpires), stamp(a.Created), stamp(a.TermsAccepted), stamp(a.LastSignIn),
	}
}

func readAccount(row scanner) (a account.Account, err error) {
	var pilot sql.NullString
	var invitation, created, terms, last int64
	err = row.Scan(&a.ID, &pilot, &a.Email, &a.Name, &a.Language, &a.State, &a.Password, &a.Invitation, &invitation, &created, &terms, &last)
	a.PilotID = pilot.String
	a.InvitationExpires, a.Created, a.TermsAccepted, a.LastSignIn = moment(invitation), moment(created), moment(terms), moment(last)
	return a, err
}

func accountError(id string, err error) error {
	var failure *sqlite.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &failure) && failure.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE:
		return account.ErrAddressTaken
	default:
		return fmt.Errorf("cannot save account %s: %w", id, err)
	}
}
