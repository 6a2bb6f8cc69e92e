-- kind: public, private, direct or group. topic: a line of what it is about. archived_at
-- is null for those that aren't. slow_mode: seconds between two posts of a person; 0 is
-- off. pair: of a direct both user ids, sorted, with a blank between them; else null.
-- told: the room's object knows all that stands here. deleted_at: being deleted; nobody
-- finds it any more, and the row goes once everything else has.
alter table rooms add column kind text not null default 'public';
alter table rooms add column topic text not null default '';
alter table rooms add column created_by text not null default '';
alter table rooms add column archived_at integer;
alter table rooms add column slow_mode integer not null default 0;
alter table rooms add column pair text;
alter table rooms add column told integer not null default 1;
alter table rooms add column deleted_at integer;
create unique index rooms_pair on rooms (pair);
create index rooms_created on rooms (created_by, created_at);
create index rooms_untold on rooms (id) where told = 0 or deleted_at is not null;

-- Who is in a room. In the room "global" is everybody: there a row is only what somebody
-- made different. role: owner, moderator or member; '' is one who was removed, until the
-- room's object knows. notify: all, mentions or nothing; '' is as usual. hidden_at: when
-- a direct was closed. told: the room's object knows the role and the mute. user_id refers
-- to nobody: an account that goes is taken out of its rooms one by one.
create table members (
    room_id       text    not null references rooms (id) on delete cascade,
    user_id       text    not null,
    role          text    not null,
    joined_at     integer not null,
    muted_until   integer not null default 0,
    notify        text    not null default '',
    snoozed_until integer not null default 0,
    favourite     integer not null default 0,
    section       text    not null default '',
    hidden_at     integer,
    told          integer not null default 1,
    primary key (room_id, user_id)
) strict, without rowid;
create index members_user on members (user_id);
create index members_untold on members (room_id) where told = 0;
