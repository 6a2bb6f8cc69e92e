-- Files that people upload, from the first byte on. state: open (it is arriving:
-- received of size bytes are durable), ready (its blobs are stored; size is theirs) or
-- removed (its blobs are to be deleted, then this row). due_at is when the collector
-- looks at it next.
--
-- room_id and client_id name the message that it was claimed for, together with
-- user_id; they are null until then. What a message has outlives its author's account,
-- so user_id refers to nobody. duration is in milliseconds; thumbnail is its type.
create table files (
    id         text    not null primary key,
    user_id    text    not null,
    state      text    not null,
    name       text    not null,
    mime       text    not null default '',
    size       integer not null,
    received   integer not null,
    width      integer not null default 0,
    height     integer not null default 0,
    duration   integer not null default 0,
    blurhash   text    not null default '',
    thumbnail  text    not null default '',
    room_id    text,
    client_id  text,
    created_at integer not null,
    touched_at integer not null,
    due_at     integer not null
) strict;
create index files_user on files (user_id, state, touched_at);
create index files_due on files (due_at);
create index files_message on files (room_id, user_id, client_id) where client_id is not null;
