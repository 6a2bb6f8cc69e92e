package auth

import (
	"context"
	"database/sql"
	"fmt"
)

// A profile is what others see of a user: what update-user may change. A nil field
// stays as it is.
type profile struct {
	name  *string
	image **string // to nil: no picture
}

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
	p, err := c.body.profile()
	if err != nil {
		return err
	}
	if p.name == nil && p.image == nil {
		return c.reply(statusJSON{true})
	}
	if err := s.changeProfile(c.r.Context(), l.user.id, p); err != nil {
		return fmt.Errorf("update user: %w", err)
	}
	s.setSession(c.w, c.r, token, l.session.remember, sessionLife)
	return c.reply(statusJSON{true})
}

func (b body) profile() (p profile, err error) {
	name, given, err := b.text("name")
	if err != nil {
		return profile{}, err
	}
	if given {
		if name, err = cleanName(name); err != nil {
			return profile{}, err
		}
		p.name = &name
	}
	if _, given := b["image"]; !given {
		return p, nil
	}
	image, given, err := b.optional("image")
	if err != nil {
		return profile{}, err
	}
	p.image = new(*string)
	if !given || image == "" {
		return p, nil
	}
	if !ours(image) { // whose it is, the database knows
		if err := checkImage(image); err != nil {
			return profile{}, err
		}
	}
	*p.image = &image
	return p, nil
}

// changeProfile stores a new name or picture.
func (s *Service) changeProfile(ctx context.Context, userID string, p profile) error {
	err := s.editProfile(ctx, userID, func(tx *sql.Tx, u *user) (bool, error) {
		if p.name != nil {
			u.name = *p.name
		}
		if p.image != nil {
			if *p.image != nil && ours(**p.image) {
				if err := checkOwn(ctx, tx, userID, **p.image); err != nil {
					return false, err
				}
			}
			u.image = *p.image
		}
		return true, nil
	})
	if err == nil && p.image != nil && *p.image != nil {
		s.fetchGiven(userID, **p.image)
	}
	return err
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

// checkOwn refuses a picture of this server that somebody else uploaded.
func checkOwn(ctx context.Context, tx *sql.Tx, userID, image string) error {
	var own bool
	const query = `select exists (select 1 from avatars where id = ? and user_id = ?)`
	if err := tx.QueryRowContext(ctx, query, avatarID(image), userID).Scan(&own); err != nil {
		return fmt.Errorf("look for picture: %w", err)
	}
	if !own {
		return errImage
	}
	return nil
}
