package attention

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/url"
	"strconv"
	"strings"
	"time"

	"snug/chat"
	"snug/language"
	"snug/line"
)

// mailDue mails those whom a mail is due to.
func (s *Service) mailDue(ctx context.Context) error {
	for {
		var people []chat.UserID
		err := s.cfg.DB.Read(ctx, func(tx *sql.Tx) (err error) {
			people, err = column[chat.UserID](ctx, tx, `select distinct user_id from deliveries where mail_at <= ? limit ?`, s.cfg.Now().UnixMilli(), dueRows)
			return err
		})
		if err != nil {
			return fmt.Errorf("read who is to be mailed: %w", err)
		}
		if len(people) == 0 {
			return nil
		}
		for _, id := range people {
			err := s.mailOne(ctx, id)
			if err != nil && ctx.Err() == nil { // one whose messages can't be read keeps nobody else waiting
				s.cfg.Logger.Error("a mail of what was missed is tried again", "user", string(id), "cause", err.Error())
				err = s.putOff(ctx, id)
			}
			if err != nil {
				return fmt.Errorf("mail what was missed: %w", err)
			}
		}
	}
}

// putOff thinks of what is to be mailed to a person later.
func (s *Service) putOff(ctx context.Context, id chat.UserID) error {
	now := s.cfg.Now()
	return s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `update deliveries set mail_at = ? where user_id = ? and mail_at <= ?`,
			now.Add(mailLater).UnixMilli(), string(id), now.UnixMilli())
		return err
	})
}

// missed is a message that a mail tells of, and whom.
type missed struct {
	to       string
	language language.Code // that its reader does
	room     room
	message  chat.Message
}

// never is when nothing is mailed of a delivery any more.
const never = -1

// missed finds out whether a delivery is to be mailed: now (0), later, or never.
func (s *Service) missed(ctx context.Context, d delivery, now time.Time) (m missed, when int64, err error) {
	var there bool
	if m.room, there, err = s.room(ctx, d.room); err != nil || !there {
		return m, never, err
	}
	people, err := s.people(ctx, d.room, []chat.UserID{d.user})
	if err != nil {
		return m, 0, err
	}
	p, there := people[d.user]
	at := s.cfg.Where(d.user)
	if !there || s.cfg.Mail == nil || now.Sub(time.UnixMilli(d.at)) > mailLife ||
		!decide(p, event{d.kind, m.room.direct()}, where{at, false}, now).Mail {
		return m, never, nil
	}
	if done, err := s.done(ctx, d); err != nil || done {
		return m, never, err
	}
	if m.message, there, err = s.message(ctx, d); err != nil || !there {
		return m, never, err
	}
	m.to, m.language = p.email, p.language
	switch hushed := p.hushed(at, now); {
	case hushed == ReasonRoomSnoozed:
		when = p.roomSnoozed
	case hushed != "" || at.Active:
		when = now.Add(mailLater).UnixMilli()
	case p.mailed+mailEvery.Milliseconds() > now.UnixMilli():
		when = p.mailed + mailEvery.Milliseconds()
	}
	return m, when, nil
}

// mailOne sends a person all that they have missed, or puts that off.
func (s *Service) mailOne(ctx context.Context, id chat.UserID) error {
	var list []delivery
	err := s.cfg.DB.Read(ctx, func(tx *sql.Tx) (err error) {
		list, err = readDeliveries(ctx, tx, `where d.user_id = ? and d.mail_at is not null order by d.mail_at, d.id limit ?`, string(id), maxKept)
		return err
	})
	if err != nil {
		return err
	}
	now := s.cfg.Now()
	var tell []missed
	next := make(map[int64]int64) // when to think of a delivery again; never: it is over
	for _, d := range list {
		m, when, err := s.missed(ctx, d, now)
		if err != nil {
			return err
		}
		if next[d.id] = when; when == 0 {
			next[d.id] = never
			tell = append(tell, m)
		}
	}
	if len(tell) > 0 {
		if err := s.cfg.Mail(s.letter(id, tell)); err != nil {
			s.cfg.Logger.Warn("a mail of what was missed is tried again", "user", string(id), "cause", err.Error())
			for _, d := range list {
				next[d.id] = max(next[d.id], now.Add(mailLater).UnixMilli())
			}
			tell = nil
		}
	}
	err = s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		for _, d := range list {
			query, args := `update deliveries set mail_at = ? where id = ?`, []any{next[d.id], d.id}
			if next[d.id] == never {
				query, args = `delete from deliveries where id = ?`, []any{d.id}
				if d.pushAt != 0 {
					query = `update deliveries set mail_at = null where id = ?`
				}
			}
			if _, err := tx.ExecContext(ctx, query, args...); err != nil {
				return err
			}
		}
		if len(tell) == 0 {
			return nil
		}
		const mailed = `insert into attention_settings (user_id, mailed_at) select id, ? from users where id = ?
			on conflict (user_id) do update set mailed_at = excluded.mailed_at`
		_, err := tx.ExecContext(ctx, mailed, now.UnixMilli(), string(id))
		return err
	})
	if err != nil {
		return fmt.Errorf("note what was mailed: %w", err)
	}
	return nil
}

// letterItem is a message in a mail.
type letterItem struct {
	Head template.HTML // who wrote it, and where
	Text string
	Link string
}

// letter writes the mail about what a person has missed, in the language that they read, and
// in English where that isn't known: there is no request that could tell.
func (s *Service) letter(id chat.UserID, list []missed) Mail {
	host := s.cfg.URL
	if u, err := url.Parse(s.cfg.URL); err == nil && u.Host != "" {
		host = u.Host
	}
	if s.cfg.Name != nil {
		host = cmp.Or(s.cfg.Name(), host)
	}
	lang := cmp.Or(list[0].language, language.English)
	words := catalogue.In(lang)
	fill := func(text string, values ...string) string { return lang.Fill(text, append(values, "server", host)...) }
	counted := func(forms language.Plural, n int) string { return fill(forms[lang.Form(n)], "count", strconv.Itoa(n)) }
	page := struct {
		Lang                                                       language.Code
		Subject, Away, Open, More, Enter, Link, Rule, OffLink, Off string
		Items                                                      []letterItem
	}{Lang: lang, Away: fill(words.away), Open: words.open, Enter: fill(words.enter), Link: s.cfg.URL + "/", Rule: words.rule, OffLink: words.offLink,
		Off: s.cfg.URL + MailsOffPath + "?" + url.Values{"user": {string(id)}, "token": {s.offToken(id)}}.Encode()}
	var text, html strings.Builder
	text.WriteString(page.Away + "\n")
	shown := list[:min(len(list), mailItems)]
	for _, m := range shown {
		who, where, head := m.message.UserName, "", words.said
		if m.room.kind != chat.KindDirect {
			where, head = m.room.nameFor(id, lang, &m.message), words.saidIn
		}
		link := url.Values{"message": {string(m.message.ID)}}
		if m.message.Thread != "" {
			link.Set("thread", string(m.message.Thread))
		}
		item := letterItem{Text: textOf(&m.message, mailChars), Link: s.cfg.URL + "/rooms/" + m.room.slug + "?" + link.Encode(),
			Head: template.HTML(fill(template.HTMLEscapeString(head),
				"who", "<strong>"+template.HTMLEscapeString(who)+"</strong>", "room", template.HTMLEscapeString(where)))}
		page.Items = append(page.Items, item)
		text.WriteString("\n" + fill(head, "who", who, "room", where) + "\n  " + item.Text + "\n  " + item.Link + "\n")
	}
	if more := len(list) - len(shown); more > 0 {
		page.More = counted(words.more, more)
		text.WriteString("\n" + page.More + "\n")
	}
	page.Subject = counted(words.many, len(list))
	if len(list) == 1 {
		page.Subject = fill(words.one, "who", short(list[0].message.UserName))
	}
	page.Subject = line.Subject(page.Subject)
	text.WriteString("\n" + words.rule + " " + words.off + "\n" + page.Off + "\n")
	if err := letterHTML.Execute(&html, page); err != nil {
		panic("render mail: " + err.Error()) // the template and its data are ours
	}
	return Mail{Subject: page.Subject, To: list[0].to, Text: text.String(), HTML: html.String()}
}

// short cuts a name down to what a subject has place for, on one line.
func short(name string) string {
	const most = 50
	name = strings.Join(strings.Fields(name), " ")
	if runes := []rune(name); len(runes) > most {
		name = string(runes[:most-1]) + "…"
	}
	return name
}

// letterHTML leaves the colours of the page to the reader's program, light or dark.
// It fetches nothing. What is read of it alone, without its head, knows its language too.
var letterHTML = template.Must(template.New("letter").Parse(`<!DOCTYPE html>
<html lang="{{.Lang}}" dir="{{.Lang.Dir}}">
<head>
<meta charset="UTF-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{{.Subject}}</title>
</head>
<body style="margin: 0; padding: 24px; font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', sans-serif;">
<div lang="{{.Lang}}" dir="{{.Lang.Dir}}" style="max-width: 480px; margin: 0 auto;">
<p style="margin: 0 0 16px;">{{.Away}}</p>
{{- range .Items}}
<p style="margin: 0 0 16px; overflow-wrap: anywhere;">{{.Head}}<br><bdi lang="">{{.Text}}</bdi><br><a href="{{.Link}}">{{$.Open}}</a></p>
{{- end}}
{{- with .More}}
<p style="margin: 0 0 16px;">{{.}}</p>
{{- end}}
<p style="margin: 24px 0;"><a href="{{.Link}}" style="display: inline-block; padding: 10px 18px; border-radius: 6px; background-color: #a4502b; color: #ffffff; font-weight: 600; text-decoration: none;">{{.Enter}}</a></p>
<p style="margin: 0; font-size: 12px; opacity: 0.75;">{{.Rule}} <a href="{{.Off}}">{{.OffLink}}</a></p>
</div>
</body>
</html>
`))

// MailsOffPath is where the link leads by which somebody wants no more mails.
const MailsOffPath = "/api/attention/mails-off"

// offToken proves that a mail went to a person. It works as long as the server's secret
// is the same, and does nothing else.
func (s *Service) offToken(id chat.UserID) string {
	mac := hmac.New(sha256.New, s.cfg.Secret)
	mac.Write([]byte("attention: mails off\x00" + string(id)))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// MayStopMails reports whether a link of a mail is one of ours.
func (s *Service) MayStopMails(id chat.UserID, token string) bool {
	return hmac.Equal([]byte(token), []byte(s.offToken(id)))
}

// StopMails sends a person no more mails, as a link of one says.
func (s *Service) StopMails(ctx context.Context, id chat.UserID, token string) error {
	if !s.MayStopMails(id, token) {
		return bad("This link isn't one of ours, or it is too old.")
	}
	off := MailOff
	err := s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		const stop = `insert into attention_settings (user_id, mail) select id, ? from users where id = ?
			on conflict (user_id) do update set mail = excluded.mail`
		_, err := tx.ExecContext(ctx, stop, string(off), string(id))
		return err
	})
	if err != nil {
		return fmt.Errorf("stop mails: %w", err)
	}
	s.cfg.Rooms.AttentionChanged(id)
	return nil
}
