package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"snug/picture"
	"snug/turns"
)

// pictureHosts are those of the providers' own pictures: an address that a user
// gives is fetched from nowhere else.
var pictureHosts = []string{"lh3.googleusercontent.com", "avatars.githubusercontent.com", "pbs.twimg.com"}

// A wanted picture is somewhere on the web, and is to be ours.
type wanted struct{ userID, url string }

// fetchPicture has the picture that a provider named for a user fetched, in the
// background, and served from here from then on. Until then, or if that fails,
// others see initials.
func (s *Service) fetchPicture(userID, address string) {
	if s.cfg.Fetch == nil || address == "" || ours(address) {
		return
	}
	select {
	case s.wanted <- wanted{userID, address}:
	default:
		s.log.Warn("picture not fetched: too many wait", "user", userID)
	}
}

// fetchGiven does so for an address that a user gave, if it is a provider's.
func (s *Service) fetchGiven(userID, address string) {
	if ofProvider(address) {
		s.fetchPicture(userID, address)
	}
}

// fetchOwn does so for the present picture of somebody who has just come: after an
// import, or a provider that couldn't be reached, it is still elsewhere.
func (s *Service) fetchOwn(u *user) {
	if u.image != nil {
		s.fetchGiven(u.id, *u.image)
	}
}

func ofProvider(address string) bool {
	u, err := url.Parse(address)
	return err == nil && slices.Contains(pictureHosts, strings.ToLower(u.Host))
}

// fetchPictures does what fetchPicture asks for, one after the other, until ctx is
// done.
func (s *Service) fetchPictures(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case w := <-s.wanted:
			if err := s.adoptPicture(ctx, w); err != nil && ctx.Err() == nil {
				s.log.Warn("picture not taken over", "user", w.userID, "err", err)
			}
		}
	}
}

func (s *Service) adoptPicture(ctx context.Context, w wanted) error {
	var u *user
	err := s.db.Read(ctx, func(tx *sql.Tx) (err error) {
		u, err = selectUser(ctx, tx, `u.id = ?`, w.userID)
		return err
	})
	if err != nil || u == nil || u.image == nil || *u.image != w.url {
		return err // it is ours by now, or another one is wanted
	}
	raw, err := s.cfg.Fetch(ctx, w.url)
	if err != nil {
		return fmt.Errorf("fetch picture: %w", err)
	}
	made, err := s.studio.Avatar(ctx, raw, picture.Crop{}, avatarSide)
	if err != nil {
		return err
	}
	// The user may have chosen another one meanwhile.
	_, err = s.storeAvatar(ctx, w.userID, made, func(_ *sql.Tx, u *user) (bool, error) { return u.image != nil && *u.image == w.url, nil })
	return err
}

// storeAvatar makes a picture a user's, if the present one may go. It returns the
// path of the picture, "" if nothing was changed.
func (s *Service) storeAvatar(ctx context.Context, userID string, made picture.Encoded, may func(tx *sql.Tx, u *user) (bool, error)) (string, error) {
	now := s.now()
	var image string
	err := s.editProfile(ctx, userID, func(tx *sql.Tx, u *user) (bool, error) {
		if ok, err := may(tx, u); err != nil || !ok {
			return false, err
		}
		const upsert = `insert into avatars (id, user_id, type, bytes, created_at) values (?, ?, ?, ?, ?)
			on conflict (user_id) do update set type = excluded.type, bytes = excluded.bytes, created_at = excluded.created_at returning id`
		var id string
		if err := tx.QueryRowContext(ctx, upsert, newID(), userID, made.Type, made.Bytes, millis(now)).Scan(&id); err != nil {
			return false, fmt.Errorf("store avatar: %w", err)
		}
		image = avatarPath + id + "?v=" + strconv.FormatInt(millis(now), 36)
		u.image = &image
		return true, nil
	})
	return image, err
}

// pictureReply tells where a picture is served.
type pictureReply struct {
	Image string `json:"image"`
}

// uploadAvatar makes what is sent the user's picture.
func (s *Service) uploadAvatar(c *call) error {
	l, _, err := s.require(c)
	if err != nil {
		return err
	}
	if l.user.anonymous {
		return errGuest
	}
	kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || !strings.HasPrefix(kind, "image/") {
		return errNoPicture
	}
	crop, err := readCrop(c.r.URL.Query())
	if err != nil {
		return err
	}
	if wait := s.changes.allow(l.user.id, s.now()); wait > 0 {
		return errTooMany(wait)
	}
	raw, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, maxAvatarBytes))
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		return errPictureTooLarge
	case err != nil:
		return errMalformed
	}
	made, err := s.avatarInTurn(c.r.Context(), l.user.id, raw, crop)
	switch {
	case errors.Is(err, picture.ErrFormat), errors.Is(err, picture.ErrBroken):
		return errNoPicture
	case errors.Is(err, picture.ErrTooLarge):
		return errPictureTooLarge
	case errors.Is(err, picture.ErrCrop):
		return errValidation
	case errors.Is(err, picture.ErrBusy), errors.Is(err, turns.ErrFull):
		return errTooMany(hashWait)
	case err != nil:
		return err
	}
	ctx := c.r.Context()
	image, err := s.storeAvatar(ctx, l.user.id, made, func(tx *sql.Tx, _ *user) (bool, error) {
		_, err := stillIn(ctx, tx, l) // it may have taken a while
		return true, err
	})
	if err != nil {
		return err
	}
	return c.reply(pictureReply{image})
}

// avatarInTurn makes a picture of what somebody sent, who waits for others, and they for
// one of theirs at most.
func (s *Service) avatarInTurn(ctx context.Context, user string, raw []byte, crop picture.Crop) (picture.Encoded, error) {
	leave, err := s.avatars.Take(ctx, user)
	if err != nil {
		return picture.Encoded{}, err
	}
	defer leave()
	return s.studio.Avatar(ctx, raw, crop, avatarSide)
}

// readCrop reads which part of a picture is meant; none is the middle of it.
func readCrop(q url.Values) (picture.Crop, error) {
	var crop picture.Crop
	for name, to := range map[string]*float64{"x": &crop.X, "y": &crop.Y, "size": &crop.Size} {
		text := q.Get(name)
		if text == "" {
			continue
		}
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return crop, errValidation
		}
		*to = n
	}
	return crop, nil
}

func (s *Service) removeAvatar(c *call) error {
	l, _, err := s.require(c)
	if err != nil {
		return err
	}
	if wait := s.changes.allow(l.user.id, s.now()); wait > 0 {
		return errTooMany(wait)
	}
	ctx := c.r.Context()
	err = s.editProfile(ctx, l.user.id, func(tx *sql.Tx, u *user) (bool, error) {
		if _, err := stillIn(ctx, tx, l); err != nil {
			return false, err
		}
		had := u.image != nil
		u.image = nil
		_, err := tx.ExecContext(ctx, `delete from avatars where user_id = ?`, u.id)
		return had, err
	})
	if err != nil {
		return fmt.Errorf("remove avatar: %w", err)
	}
	return c.reply(statusJSON{true})
}

// avatar serves a picture to whoever knows its address: it stands in messages, and
// can't be guessed.
func (s *Service) avatar(c *call) error {
	var kind string
	var raw []byte
	var created int64
	ctx := c.r.Context()
	err := s.db.Read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `select type, bytes, created_at from avatars where id = ?`, c.param).Scan(&kind, &raw, &created)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return errNotFound
	}
	if err != nil {
		return fmt.Errorf("read avatar: %w", err)
	}
	version := strconv.FormatInt(created, 36)
	h := c.w.Header()
	h.Set("ETag", `"`+version+`"`)
	// A message bears the version that was; it gets the present one, and asks again.
	h.Set("Cache-Control", "private, no-cache")
	if c.r.URL.Query().Get("v") == version {
		h.Set("Cache-Control", "private, max-age=31536000, immutable")
	}
	if c.r.Header.Get("If-None-Match") == `"`+version+`"` {
		c.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(raw)))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	c.w.WriteHeader(http.StatusOK)
	_, _ = c.w.Write(raw) // an error is the reader's leaving
	return nil
}
