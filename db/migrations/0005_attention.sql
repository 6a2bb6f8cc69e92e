-- How far attention has followed each room. seq -1: it begins where the room is when it is
-- first looked at, as those that are there already. A room without a row is looked at from
-- its beginning.
create table attention_places (
    room_id text    not null primary key references rooms (id) on delete cascade,
    stream  text    not null,
    seq     integer not null
) strict, without rowid;
insert into attention_places (room_id, stream, seq) select id, '', -1 from rooms;

-- What calls for somebody's attention: the items of inboxes. user_id null: it calls all
-- who were members of the room then. kind: mention, reply, thread, call or room. root: the
-- seq of the message that the thread began with; 0: it is in none. by_user wrote it.
-- What is read isn't here: that follows from the marks of the person's own object.
create table notices (
    id      integer primary key autoincrement,
    user_id text             references users (id) on delete cascade,
    room_id text    not null references rooms (id) on delete cascade,
    seq     integer not null,
    root    integer not null,
    kind    text    not null,
    by_user text    not null,
    at      integer not null
) strict;
create unique index notices_message on notices (room_id, seq, coalesce(user_id, ''));
create index notices_user on notices (user_id, id);
create index notices_calls on notices (room_id, id) where user_id is null;
create index notices_at on notices (at);

-- Items that somebody ticked off one by one.
create table inbox_reads (
    user_id   text    not null references users (id) on delete cascade,
    notice_id integer not null references notices (id) on delete cascade,
    primary key (user_id, notice_id)
) strict, without rowid;
create index inbox_reads_notice on inbox_reads (notice_id);

-- What is to be told later, unless it is read until then: push_at and mail_at say when,
-- null is never. user_id null: it calls all in the room, by a push or a frame, of whom
-- those up to after_user were told already.
create table deliveries (
    id         integer primary key,
    user_id    text             references users (id) on delete cascade,
    room_id    text    not null references rooms (id) on delete cascade,
    seq        integer not null,
    root       integer not null,
    kind       text    not null,
    by_user    text    not null,
    at         integer not null,
    push_at    integer,
    mail_at    integer,
    after_user text    not null default ''
) strict;
create unique index deliveries_message on deliveries (room_id, seq, coalesce(user_id, ''));
create index deliveries_user on deliveries (user_id);
create index deliveries_push on deliveries (push_at) where push_at is not null;
create index deliveries_mail on deliveries (mail_at) where mail_at is not null;
create index deliveries_at on deliveries (at);

-- Who may follow a thread: they took part in it, began it, or said so. Whether they do,
-- their own objects say.
create table thread_followers (
    room_id text    not null references rooms (id) on delete cascade,
    root    integer not null,
    user_id text    not null references users (id) on delete cascade,
    primary key (room_id, root, user_id)
) strict, without rowid;
create index thread_followers_user on thread_followers (user_id);

-- How people want to be told of things. rooms, directs: all, mentions or nothing.
-- quiet_days are digits, 0 is Sunday. mail: missed or off. All of the inbox up to
-- read_through is ticked off; mailed_at is when they were last sent what they missed.
create table attention_settings (
    user_id       text    not null primary key references users (id) on delete cascade,
    rooms         text    not null default 'mentions',
    directs       text    not null default 'all',
    quiet         integer not null default 0,
    quiet_from    text    not null default '22:00',
    quiet_to      text    not null default '07:00',
    quiet_days    text    not null default '0123456',
    timezone      text    not null default 'UTC',
    snoozed_until integer not null default 0,
    mail          text    not null default 'missed',
    sounds        integer not null default 1,
    desktop       integer not null default 1,
    read_through  integer not null default 0,
    mailed_at     integer not null default 0
) strict, without rowid;
create index attention_settings_all on attention_settings (user_id) where rooms = 'all';

-- Devices that can be woken by a web push. A subscription ends with the session that made
-- it, and moves with it to another token. p256dh and auth are the device's keys, base64url.
create table push_subscriptions (
    endpoint   text    not null primary key,
    user_id    text    not null references users (id) on delete cascade,
    session    text    not null references sessions (token_hash) on update cascade on delete cascade,
    p256dh     text    not null,
    auth       text    not null,
    created_at integer not null
) strict, without rowid;
create index push_subscriptions_user on push_subscriptions (user_id, created_at);
create index push_subscriptions_session on push_subscriptions (session);
