package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// receive stores a person, if they aren't here, and says in the report what came of it.
func (i *importer) receive(ctx context.Context, tx *sql.Tx, p *arrival, done *ImportReport) error {
	leave := func(what string) { noteOf(done.left, what).count(p.person) }
	if p.refused != "" && p.refused != leftGuest {
		leave(p.refused)
		return nil
	}
	var email string
	var incomplete bool
	const known = `select email, two_factor = 1 and not exists (select 1 from two_factors where user_id = u.id) from users u where id = ?`
	err := tx.QueryRowContext(ctx, known, p.id).Scan(&email, &incomplete)
	switch {
	case err == nil && email != p.email:
		leave(leftStranger)
		return nil
	case err == nil:
		done.Known++
		return i.revisit(ctx, tx, p, incomplete, done)
	case !errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("look for user: %w", err)
	case p.refused != "":
		leave(p.refused)
		return nil
	}
	var taken, deleted bool
	const free = `select exists (select 1 from users where lower(email) = ?), exists (select 1 from departures where user_id = ?)`
	if err := tx.QueryRowContext(ctx, free, p.email, p.id).Scan(&taken, &deleted); err != nil {
		return fmt.Errorf("look for user: %w", err)
	}
	switch {
	case deleted:
		leave(leftDeleted)
	case taken:
		leave(leftAddress)
	default:
		return i.settle(ctx, tx, p, done)
	}
	return nil
}

// revisit adds to somebody who was here already the one thing that they can do
// nothing without: a second factor that is asked for and isn't there.
func (i *importer) revisit(ctx context.Context, tx *sql.Tx, p *arrival, incomplete bool, done *ImportReport) error {
	if incomplete && p.factor != "" {
		if err := i.insertFactor(ctx, tx, p); err != nil {
			return err
		}
		done.Completed++
	}
	for _, a := range p.accounts {
		var here bool
		const query = `select exists (select 1 from accounts where provider_id = ? and account_id = ?)`
		if err := tx.QueryRowContext(ctx, query, a.provider, a.id).Scan(&here); err != nil {
			return fmt.Errorf("look for account: %w", err)
		}
		if !here {
			noteOf(done.left, leftLater).count(p.person)
		}
	}
	return nil
}

// settle stores somebody new, with all that is theirs.
func (i *importer) settle(ctx context.Context, tx *sql.Tx, p *arrival, done *ImportReport) error {
	var bannedAt *int64
	if p.banned {
		at := millis(i.now)
		bannedAt = &at
	}
	const insert = `insert into users (id, name, email, email_verified, image, role, anonymous, two_factor, banned_at, ban_reason, method, created_at, updated_at)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	_, err := tx.ExecContext(ctx, insert, p.id, p.name, p.email, flag(p.emailVerified), p.image, string(p.role), flag(p.anonymous),
		flag(p.twoFactor), bannedAt, p.banReason, p.method, millis(p.created), millis(p.updated))
	if err != nil {
		return fmt.Errorf("insert user: %w", err)
	}
	done.New++
	done.Guests += flag(p.anonymous)
	done.Tokens += p.tokens
	for _, store := range []func(context.Context, *sql.Tx, *arrival, *ImportReport) error{insertAccounts, insertSessions, insertPasskeys} {
		if err := store(ctx, tx, p, done); err != nil {
			return err
		}
	}
	if p.factor != "" {
		if err := i.insertFactor(ctx, tx, p); err != nil {
			return err
		}
		done.SecondFactors++
		done.BackupCodes += len(p.codes)
	}
	for _, what := range p.changed {
		noteOf(done.changed, what).count(p.person)
	}
	for _, what := range p.left {
		noteOf(done.left, what).count(p.person)
	}
	return nil
}

func insertAccounts(ctx context.Context, tx *sql.Tx, p *arrival, done *ImportReport) error {
	for _, a := range p.accounts {
		const insert = `insert into accounts (id, user_id, provider_id, account_id, password, scope, created_at, updated_at)
			values (?, ?, ?, ?, nullif(?, ''), ?, ?, ?) on conflict (provider_id, account_id) do nothing`
		stored, err := one(tx.ExecContext(ctx, insert, newID(), p.id, a.provider, a.id, a.hash, a.scope, millis(a.created), millis(a.updated)))
		switch {
		case err != nil:
			return fmt.Errorf("insert account: %w", err)
		case !stored:
			noteOf(done.left, leftElsewhere).count(p.person)
		case a.provider == credential:
			done.Passwords++
		default:
			done.Accounts[a.provider]++
		}
	}
	return nil
}

func insertSessions(ctx context.Context, tx *sql.Tx, p *arrival, done *ImportReport) error {
	for _, s := range p.sessions {
		const insert = `insert into sessions
			(id, token_hash, user_id, remember, imported, ip_address, user_agent, created_at, updated_at, seen_at, expires_at)
			values (?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?) on conflict (token_hash) do nothing`
		stored, err := one(tx.ExecContext(ctx, insert, newID(), s.hash.String(), p.id, flag(s.remember), s.ipAddress, s.userAgent,
			millis(s.created), millis(s.updated), millis(s.updated), millis(s.expires)))
		switch {
		case err != nil:
			return fmt.Errorf("insert session: %w", err)
		case !stored:
			noteOf(done.left, leftSession).count(p.person)
		default:
			done.Sessions++
		}
	}
	return nil
}

func insertPasskeys(ctx context.Context, tx *sql.Tx, p *arrival, done *ImportReport) error {
	for _, k := range p.passkeys {
		const insert = `insert into passkeys
			(id, user_id, name, credential_id, public_key, counter, device_type, backed_up, transports, aaguid, created_at)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (credential_id) do nothing`
		stored, err := one(tx.ExecContext(ctx, insert, k.id, k.userID, k.name, k.credentialID, k.publicKey, k.counter, k.deviceType,
			flag(k.backedUp), k.transports, k.aaguid, millis(k.created)))
		switch {
		case err != nil:
			return fmt.Errorf("insert passkey: %w", err)
		case !stored:
			noteOf(done.left, leftKeyTaken).count(p.person)
		default:
			done.Passkeys++
		}
	}
	return nil
}

func (i *importer) insertFactor(ctx context.Context, tx *sql.Tx, p *arrival) error {
	const insert = `insert into two_factors (user_id, secret, verified, created_at) values (?, ?, 1, ?)`
	if _, err := tx.ExecContext(ctx, insert, p.id, p.factor, millis(i.now)); err != nil {
		return fmt.Errorf("insert second factor: %w", err)
	}
	for _, code := range p.codes {
		const insert = `insert into backup_codes (user_id, code_hash) values (?, ?) on conflict do nothing`
		if _, err := tx.ExecContext(ctx, insert, p.id, code); err != nil {
			return fmt.Errorf("insert backup code: %w", err)
		}
	}
	return nil
}
