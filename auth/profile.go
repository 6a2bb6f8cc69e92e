package auth

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
)

// updateUser changes the name or the picture of the signed-in user. Of what else
// the body holds nothing is looked at, but for the address: whoever sends one is
// told that it has a way of its own.
func (s *Service) updateUser(c *call) error {
	l, token, err := s.require(c)
	if err != nil {
		return err
	}
	if _, given := c.body["email"]; given {
		return errEmailFixed
	}
	name, named, err := c.body.text("name")
	if err != nil {
		return err
	}
	if named {
		if name, err = cleanName(name); err != nil {
			return err
		}
	}
	_, pictured := c.body["image"]
	image, _, err := c.body.optional("image") // null and "" are none
	if err != nil {
		return err
	}
	if image != "" && !ours(image) {
		if err := checkImage(image); err != nil {
			return err
		}
	}
	if !named && !pictured {
		return c.reply(statusJSON{true})
	}
	if wait := s.changes.allow(l.user.id, s.now()); wait > 0 {
		return errTooMany(wait)
	}
	ctx := c.r.Context()
	err = s.editProfile(ctx, l.user.id, func(tx *sql.Tx, u *user) (bool, error) {
		if _, err := stillIn(ctx, tx, l); err != nil {
			return false, err
		}
		if named {
			u.name = name
		}
		if !pictured {
			return true, nil
		}
		return true, setImage(context.WithoutCancel(ctx), tx, u, image)
	})
	if err != nil {
		return fmt.Errorf("update user: %w", err)
	}
	s.fetchGiven(l.user.id, image)
	s.setSession(c.w, c.r, token, l.session.remember, sessionLife)
	return c.reply(statusJSON{true})
}

// ownImage is the address of a picture of this server, as storeAvatar makes it.
var ownImage = regexp.MustCompile(`^` + avatarPath + `([A-Za-z0-9]+)(?:\?v=[0-9a-z]+)?$`)

// setImage gives a user the picture at an address, "" for none. One of this server
// has to be their own upload; with another that isn't kept.
func setImage(ctx context.Context, tx *sql.Tx, u *user, image string) error {
	if !ours(image) {
		u.image = nil
		if image != "" {
			u.image = &image
		}
		if _, err := tx.ExecContext(ctx, `delete from avatars where user_id = ?`, u.id); err != nil {
			return fmt.Errorf("delete picture: %w", err)
		}
		return nil
	}
	m := ownImage.FindStringSubmatch(image)
	if m == nil {
		return errImage
	}
	var own bool
	const query = `select exists (select 1 from avatars where id = ? and user_id = ?)`
	if err := tx.QueryRowContext(ctx, query, m[1], u.id).Scan(&own); err != nil {
		return fmt.Errorf("look for picture: %w", err)
	}
	if !own {
		return errImage
	}
	u.image = &image
	return nil
}

// editProfile lets fn change a user's name and picture; if it returns true, what it
// made of them is stored and told. Who is told of two changes hears of them in the
// order in which they were stored.
func (s *Service) editProfile(ctx context.Context, userID string, fn func(tx *sql.Tx, u *user) (bool, error)) error {
	now := s.now()
	ctx = context.WithoutCancel(ctx) // what is stored is told, even if the client has hung up
	s.profiles.Lock()
	defer s.profiles.Unlock()
	var u *user
	var changed bool
	var known []tokenHash
	err := s.db.Write(ctx, func(tx *sql.Tx) (err error) {
		if u, err = selectUser(ctx, tx, `u.id = ?`, userID); err != nil {
			return err
		}
		if u == nil {
			return errUnauthorized // deleted meanwhile
		}
		if changed, err = fn(tx, u); err != nil || !changed {
			return err
		}
		const update = `update users set name = ?, image = ?, updated_at = ? where id = ?`
		if _, err := tx.ExecContext(ctx, update, u.name, u.image, millis(now), userID); err != nil {
			return fmt.Errorf("store profile: %w", err)
		}
		known, err = hashesOf(ctx, tx, userID)
		return err
	})
	if err != nil || !changed {
		return err
	}
	s.cache.forget(known...)
	s.log.Info("profile changed", "user", userID)
	s.cfg.OnUserChange(u.identity())
	return nil
}

// announce tells of a user as they are stored now, in its turn among other changes.
func (s *Service) announce(ctx context.Context, userID string) {
	ctx = context.WithoutCancel(ctx)
	s.profiles.Lock()
	defer s.profiles.Unlock()
	var u *user
	err := s.db.Read(ctx, func(tx *sql.Tx) (err error) {
		u, err = selectUser(ctx, tx, `u.id = ?`, userID)
		return err
	})
	switch {
	case err != nil:
		s.log.Error("tell of a changed user", "user", userID, "err", err)
	case u != nil:
		s.cfg.OnUserChange(u.identity())
	}
}
