package chat

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// What the server as a whole is called, and what greets people on it. It is one row of a
// table, and its names are in memory too: pages, mails and settings ask for them.

const (
	maxServerName        = 60  // characters
	maxServerDescription = 200 // likewise
	// greetedFor is how long an account is that of a newcomer.
	greetedFor = 14 * 24 * time.Hour
)

// server is what the server is called.
type server struct {
	naming sync.Mutex // held from the transaction to info: the last one counts in both
	info   atomic.Pointer[ServerInfo]
}

// Server returns what the server is called.
func (s *Service) Server() ServerInfo { return *s.server.info.Load() }

// loadServer reads it. Config.ServerName counts before what was chosen here.
func (s *Service) loadServer(ctx context.Context) error {
	info := ServerInfo{NameFixed: s.cfg.ServerName != ""}
	if info.NameFixed {
		var err error
		if s.cfg.ServerName, err = serverLine("name", s.cfg.ServerName, maxServerName); err != nil {
			return fmt.Errorf("name of the server: %w", err)
		}
	}
	err := s.cfg.DB.Read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `select name, description from server`).Scan(&info.Name, &info.Description)
	})
	if err != nil {
		return fmt.Errorf("read what the server is called: %w", err)
	}
	info.Name = cmp.Or(s.cfg.ServerName, info.Name)
	s.server.info.Store(&info)
	return nil
}

// serverLine returns a line that all people are shown, trimmed. What rearranges the text
// around it, or can't be seen, isn't taken: it stands in titles and subjects of mails.
func serverLine(field, text string, most int) (string, error) {
	text = strings.TrimSpace(text)
	if utf8.RuneCountInString(text) > most {
		return "", bad(field + " must be one line of at most " + decimal(most) + " characters.")
	}
	if err := checkLine(field, text); err != nil {
		return "", err
	}
	return text, nil
}

// ServerChange is what is to be different about the server; nil stays as it is.
type ServerChange struct {
	Name, Description *string
}

// ChangeServer names the server, and says what it is. An empty name is none.
func (s *Service) ChangeServer(ctx context.Context, a Actor, c ServerChange) (ServerInfo, error) {
	a, err := s.mayName(a)
	if err != nil {
		return ServerInfo{}, err
	}
	s.server.naming.Lock()
	defer s.server.naming.Unlock()
	was := s.Server()
	now := was
	if c.Name != nil {
		if now.Name, err = serverLine("name", *c.Name, maxServerName); err != nil {
			return ServerInfo{}, err
		}
	}
	if c.Description != nil {
		if now.Description, err = serverLine("description", *c.Description, maxServerDescription); err != nil {
			return ServerInfo{}, err
		}
	}
	if now.NameFixed && now.Name != was.Name {
		return ServerInfo{}, forbidden("The name is set where the server is run: it can't be changed here.")
	}
	if now == was {
		return now, nil
	}
	ctx = context.WithoutCancel(ctx)
	at := s.cfg.Now().UnixMilli()
	err = s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		if now.Name != was.Name {
			if _, err := tx.ExecContext(ctx, `update server set name = ?`, now.Name); err != nil {
				return err
			}
			if err := writeAudit(ctx, tx, auditLine{at: at, action: AuditServerRenamed, by: a.User, detail: now.Name}); err != nil {
				return err
			}
		}
		if now.Description == was.Description {
			return nil
		}
		if _, err := tx.ExecContext(ctx, `update server set description = ?`, now.Description); err != nil {
			return err
		}
		return writeAudit(ctx, tx, auditLine{at: at, action: AuditServerDescribed, by: a.User, detail: now.Description})
	})
	if err != nil {
		return ServerInfo{}, public(fmt.Errorf("name the server: %w", err))
	}
	s.server.info.Store(&now)
	return now, nil
}

// mayName refuses who may not say what the server is called.
func (s *Service) mayName(a Actor) (Actor, error) {
	if a.NoRooms {
		return a, errNoRooms
	}
	a.User = a.User.fit()
	a = s.profiles.actor(a)
	if !s.rules.may(ActNameServer, cmp.Or(a.Role, RoleMember), OnServer) {
		return a, s.rules.forbid(ActNameServer, OnServer)
	}
	return a, nil
}

// Greeting returns what is to greet a person.
func (s *Service) Greeting(ctx context.Context, a Actor) (Greeting, error) {
	var g Greeting
	var by, byName string
	var created int64
	var alone, greeted bool
	err := s.cfg.DB.Read(ctx, func(tx *sql.Tx) error {
		const query = `select s.setup, not exists (select 1 from users o where o.id <> u.id), coalesce(i.id, ''), coalesce(i.name, ''), u.created_at,
				u.role in ('owner', 'bot') or exists (select 1 from greeted g where g.user_id = u.id)
			from server s join users u on u.id = ? left join users i on i.id = u.invited_by`
		return tx.QueryRowContext(ctx, query, string(a.ID)).Scan(&g.Setup, &alone, &by, &byName, &created, &greeted)
	})
	if err != nil && !errors.Is(err, sql.ErrNoRows) { // the account is gone
		return g, public(fmt.Errorf("read greeting: %w", err))
	}
	switch {
	case a.Role != RoleOwner || err != nil:
		g.Setup = SetupDone
	case g.Setup == SetupNew && (!alone || s.Server().Name != ""):
		g.Setup = SetupLeft
	}
	g.Newcomer = err == nil && !greeted && created > s.cfg.Now().Add(-greetedFor).UnixMilli()
	if g.Newcomer && by != "" {
		g.InvitedBy = &User{ID: UserID(by), Name: byName}
	}
	return g, nil
}

// Greeted notes that a person knows their way: nothing greets them any more.
func (s *Service) Greeted(ctx context.Context, a Actor) error {
	if a.ReadOnly {
		return errReadOnly
	}
	err := s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `insert into greeted (user_id) select id from users where id = ? on conflict do nothing`, string(a.ID))
		return err
	})
	if err != nil {
		return public(fmt.Errorf("note a greeting: %w", err))
	}
	return nil
}

// SetUp notes how far setting up the server has come. What is done stays done.
func (s *Service) SetUp(ctx context.Context, a Actor, to Setup) error {
	if to != SetupLeft && to != SetupDone {
		return bad("setup must be left or done.")
	}
	if _, err := s.mayName(a); err != nil {
		return err
	}
	err := s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `update server set setup = ? where setup <> ?`, string(to), string(SetupDone))
		return err
	})
	if err != nil {
		return public(fmt.Errorf("note how far the server is set up: %w", err))
	}
	return nil
}
