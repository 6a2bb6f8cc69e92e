-- rooms: how far the index has come in each. position is the seq of the last event
-- that is in it, of the history that stream names.
create table rooms (
    id       integer not null primary key,
    room     text    not null,
    stream   text    not null,
    position integer not null
) strict;
create unique index rooms_room on rooms (room);

-- people: who has written, under the name of their newest message.
create table people (
    id      integer not null primary key,
    user_id text    not null,
    name    text    not null -- as it is compared
) strict;
create unique index people_user on people (user_id);
create index people_name on people (name);

-- messages: id is the second of the message in its upper bits, so that it rises with
-- time, and what tells apart those of one second in the lower 12.
create table messages (
    id   integer not null primary key,
    room integer not null references rooms (id) on delete cascade,
    seq  integer not null
) strict;
create unique index messages_seq on messages (room, seq);

-- texts holds the tokens of each message under its id; the text itself stays in the
-- room. Positions aren't kept: whether a hit is one is seen in its text.
create virtual table texts using fts5(tokens, content='', contentless_delete=1, tokenize='ascii', detail=none);

-- progress has one row. closed: the rooms in behind are all that have something new,
-- and nobody has written since.
create table progress (
    id     integer not null primary key check (id = 1),
    closed integer not null
) strict;
insert into progress (id, closed) values (1, 0);

create table behind (
    room text not null primary key
) strict, without rowid;
