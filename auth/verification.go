package auth

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// A purpose says what a verification is for: one that was sent out for one thing
// is worth nothing for another.
type purpose string

const (
	forState     purpose = "state"      // a sign-in at a provider is under way
	forVerify    purpose = "verify"     // confirm an e-mail address
	forEmail     purpose = "email"      // change the e-mail address
	forReset     purpose = "reset"      // choose a new password
	forDelete    purpose = "delete"     // delete the account
	forLink      purpose = "link"       // sign in by a link
	forTwoFactor purpose = "two-factor" // the first factor was right
	forDevice    purpose = "device"     // no second factor is asked for here
	forPasskey   purpose = "passkey"    // a challenge
)

// put stores value under a token that is about to be sent out. userID may be "".
func put(ctx context.Context, tx *sql.Tx, what purpose, token, userID string, value any, now time.Time, life time.Duration) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode verification: %w", err)
	}
	const insert = `insert into verifications (token_hash, purpose, user_id, value, created_at, expires_at)
		values (?, ?, nullif(?, ''), ?, ?, ?)`
	_, err = tx.ExecContext(ctx, insert, hashToken(token).String(), string(what), userID, string(raw), millis(now), millis(now.Add(life)))
	if err != nil {
		return fmt.Errorf("insert verification: %w", err)
	}
	return nil
}

// take removes what put stored and reads it into value; false if it isn't there,
// is for something else, or its time is over. Of two that come at once one gets it.
func take(ctx context.Context, tx *sql.Tx, what purpose, token string, value any, now time.Time) (userID string, ok bool, err error) {
	const remove = `delete from verifications where token_hash = ? and purpose = ? returning coalesce(user_id, ''), value, expires_at`
	return readVerification(tx.QueryRowContext(ctx, remove, hashToken(token).String(), string(what)), value, now)
}

// peek is take without the removal.
func peek(ctx context.Context, tx *sql.Tx, what purpose, token string, value any, now time.Time) (userID string, ok bool, err error) {
	const query = `select coalesce(user_id, ''), value, expires_at from verifications where token_hash = ? and purpose = ?`
	return readVerification(tx.QueryRowContext(ctx, query, hashToken(token).String(), string(what)), value, now)
}

func readVerification(row *sql.Row, value any, now time.Time) (userID string, ok bool, err error) {
	var raw string
	var expires int64
	err = row.Scan(&userID, &raw, &expires)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", false, nil
	case err != nil:
		return "", false, fmt.Errorf("read verification: %w", err)
	case !now.Before(fromMillis(expires)):
		return "", false, nil
	}
	if err := json.Unmarshal([]byte(raw), value); err != nil {
		return "", false, fmt.Errorf("decode verification: %w", err)
	}
	return userID, true, nil
}

// amend replaces the value of what put stored.
func amend(ctx context.Context, tx *sql.Tx, what purpose, token string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode verification: %w", err)
	}
	const update = `update verifications set value = ? where token_hash = ? and purpose = ?`
	if _, err := tx.ExecContext(ctx, update, string(raw), hashToken(token).String(), string(what)); err != nil {
		return fmt.Errorf("amend verification: %w", err)
	}
	return nil
}

// revoke removes all that was sent out to a user for one purpose.
func revoke(ctx context.Context, tx *sql.Tx, what purpose, userID string) error {
	if _, err := tx.ExecContext(ctx, `delete from verifications where user_id = ? and purpose = ?`, userID, string(what)); err != nil {
		return fmt.Errorf("revoke verifications: %w", err)
	}
	return nil
}
