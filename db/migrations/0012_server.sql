-- What the server as a whole is called, and how far whoever owns it is with setting it up:
-- one row. name '': nobody has named it. setup: new, left or done (chat/server.go).
create table server (
    id          integer not null primary key check (id = 1),
    name        text    not null default '',
    description text    not null default '',
    setup       text    not null default 'new'
) strict;
-- A server with several people needs no help.
insert into server (id, setup) select 1, case when (select count(*) from users where anonymous = 0) > 1 then 'done' else 'new' end;

-- Who has seen how things stand here: they are greeted no more.
create table greeted (
    user_id text not null primary key references users (id) on delete cascade
) strict, without rowid;
insert into greeted (user_id) select id from users;

-- Who made the invitation that somebody came with.
alter table users add column invited_by text references users (id) on delete set null;
create index users_invited_by on users (invited_by) where invited_by is not null;
