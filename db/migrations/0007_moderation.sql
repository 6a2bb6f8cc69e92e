-- What those did who look after rooms and the server. Names are what they were then.
-- action and detail: see chat/audit.go. room_id and user_id refer to nobody, as the log
-- outlives both; '' is none. hidden: the room wasn't public. by_id '' is whoever runs the
-- server. seq: of the room's event that a row tells of, so that it is told once.
create table audit (
    id         integer not null primary key autoincrement,
    at         integer not null,
    action     text    not null,
    by_id      text    not null,
    by_name    text    not null,
    room_id    text    not null default '',
    room_name  text    not null default '',
    hidden     integer not null default 0,
    user_id    text    not null default '',
    user_name  text    not null default '',
    message_id text    not null default '',
    detail     text    not null default '',
    seq        integer
) strict;
create index audit_room on audit (room_id, id);
create index audit_at on audit (at);
create unique index audit_event on audit (room_id, seq) where seq is not null;

-- Messages that somebody reported. message: the JSON of it as it was then. state: open,
-- handled or dismissed. hidden: the room wasn't public.
create table reports (
    id            integer not null primary key autoincrement,
    at            integer not null,
    room_id       text    not null,
    room_name     text    not null,
    hidden        integer not null,
    message_id    text    not null,
    message       text    not null,
    user_id       text    not null,
    reported_by   text    not null,
    reported_name text    not null,
    reason        text    not null,
    state         text    not null default 'open',
    note          text    not null default '',
    closed_at     integer not null default 0,
    closed_by     text    not null default '',
    closed_name   text    not null default ''
) strict;
create unique index reports_once on reports (reported_by, message_id);
create index reports_room on reports (room_id, id);
create index reports_open on reports (id) where state = 'open';
create index reports_at on reports (at);

-- Whose messages are to be deleted where: a row goes when all are. next_seq: up to
-- there they are.
create table purges (
    room_id  text    not null,
    user_id  text    not null,
    by_id    text    not null,
    next_seq integer not null default 0,
    asked_at integer not null,
    primary key (room_id, user_id)
) strict, without rowid;

-- room: where it leads, in the words of who keeps the rooms; '' is nowhere in particular.
alter table invites add column room text not null default '';

-- Who used an invitation that leads into a room: coming again takes no other use.
create table invite_uses (
    invite_id text not null references invites (id) on delete cascade,
    user_id   text not null references users (id) on delete cascade,
    primary key (invite_id, user_id)
) strict, without rowid;
create index invite_uses_user on invite_uses (user_id);
