CREATE TABLE accounts (
    id          text    not null primary key,
    user_id     text    not null references users (id) on delete cascade,
    provider_id text    not null,
    account_id  text    not null,
    password    text,
    created_at  integer not null,
    updated_at  integer not null
, scope text not null default '') strict;

CREATE UNIQUE INDEX accounts_provider on accounts (provider_id, account_id);

CREATE INDEX accounts_user on accounts (user_id);

CREATE TABLE api_tokens (
    id         text    not null primary key,
    user_id    text    not null references users (id) on delete cascade,
    name       text    not null,
    token_hash text    not null,
    hint       text    not null,
    scopes     text    not null,
    created_at integer not null,
    expires_at integer,
    used_at    integer
) strict;

CREATE INDEX api_tokens_expires on api_tokens (expires_at);

CREATE UNIQUE INDEX api_tokens_token on api_tokens (token_hash);

CREATE INDEX api_tokens_user on api_tokens (user_id);

CREATE TABLE attention_places (
    room_id text    not null primary key references rooms (id) on delete cascade,
    stream  text    not null,
    seq     integer not null
) strict, without rowid;

CREATE TABLE attention_settings (
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
, language text not null default '') strict, without rowid;

CREATE INDEX attention_settings_all on attention_settings (user_id) where rooms = 'all';

CREATE TABLE audit (
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

CREATE INDEX audit_at on audit (at);

CREATE UNIQUE INDEX audit_event on audit (room_id, seq) where seq is not null;

CREATE INDEX audit_room on audit (room_id, id);

CREATE TABLE avatars (
    id         text    not null primary key,
    user_id    text    not null references users (id) on delete cascade,
    type       text    not null,
    bytes      blob    not null,
    created_at integer not null
) strict;

CREATE UNIQUE INDEX avatars_user on avatars (user_id);

CREATE TABLE backup_codes (
    user_id   text not null references users (id) on delete cascade,
    code_hash text not null,
    primary key (user_id, code_hash)
) strict, without rowid;

CREATE TABLE deliveries (
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

CREATE INDEX deliveries_at on deliveries (at);

CREATE INDEX deliveries_mail on deliveries (mail_at) where mail_at is not null;

CREATE UNIQUE INDEX deliveries_message on deliveries (room_id, seq, coalesce(user_id, ''));

CREATE INDEX deliveries_push on deliveries (push_at) where push_at is not null;

CREATE INDEX deliveries_user on deliveries (user_id);

CREATE TABLE departures (
    user_id    text    not null primary key,
    deleted_at integer not null
) strict;

CREATE TABLE files (
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

CREATE INDEX files_due on files (due_at);

CREATE INDEX files_message on files (room_id, user_id, client_id) where client_id is not null;

CREATE INDEX files_size on files (user_id, state, size);

CREATE INDEX files_user on files (user_id, state, touched_at);

CREATE TABLE greeted (
    user_id text not null primary key references users (id) on delete cascade
) strict, without rowid;

CREATE TABLE inbox_reads (
    user_id   text    not null references users (id) on delete cascade,
    notice_id integer not null references notices (id) on delete cascade,
    primary key (user_id, notice_id)
) strict, without rowid;

CREATE INDEX inbox_reads_notice on inbox_reads (notice_id);

CREATE TABLE invite_uses (
    invite_id text not null references invites (id) on delete cascade,
    user_id   text not null references users (id) on delete cascade,
    primary key (invite_id, user_id)
) strict, without rowid;

CREATE INDEX invite_uses_user on invite_uses (user_id);

CREATE TABLE invites (
    id         text    not null primary key,
    token_hash text    not null,
    email      text,
    created_by text    references users (id) on delete set null,
    created_at integer not null,
    expires_at integer not null,
    uses_left  integer not null
, room text not null default '') strict;

CREATE UNIQUE INDEX invites_token on invites (token_hash);

CREATE TABLE members (
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
    told          integer not null default 1, left_at integer, removed_at integer,
    primary key (room_id, user_id)
) strict, without rowid;

CREATE INDEX members_untold on members (room_id) where told = 0;

CREATE INDEX members_user on members (user_id);

CREATE TABLE migrations (
    version integer not null primary key,
    name    text    not null
) strict;

CREATE TABLE notices (
    id      integer primary key autoincrement,
    user_id text             references users (id) on delete cascade,
    room_id text    not null references rooms (id) on delete cascade,
    seq     integer not null,
    root    integer not null,
    kind    text    not null,
    by_user text    not null,
    at      integer not null
) strict;

CREATE INDEX notices_at on notices (at);

CREATE INDEX notices_calls on notices (room_id, id) where user_id is null;

CREATE UNIQUE INDEX notices_message on notices (room_id, seq, coalesce(user_id, ''));

CREATE INDEX notices_user on notices (user_id, id);

CREATE TABLE passkeys (
    id            text    not null primary key,
    user_id       text    not null references users (id) on delete cascade,
    name          text    not null,
    credential_id text    not null,
    public_key    text    not null,
    counter       integer not null,
    device_type   text    not null,
    backed_up     integer not null,
    transports    text    not null,
    aaguid        text    not null,
    created_at    integer not null,
    used_at       integer
) strict;

CREATE UNIQUE INDEX passkeys_credential on passkeys (credential_id);

CREATE INDEX passkeys_user on passkeys (user_id);

CREATE TABLE purges (
    room_id  text    not null,
    user_id  text    not null,
    by_id    text    not null,
    next_seq integer not null default 0,
    asked_at integer not null,
    primary key (room_id, user_id)
) strict, without rowid;

CREATE TABLE push_subscriptions (
    endpoint   text    not null primary key,
    user_id    text    not null references users (id) on delete cascade,
    session    text    not null references sessions (token_hash) on update cascade on delete cascade,
    p256dh     text    not null,
    auth       text    not null,
    created_at integer not null
) strict, without rowid;

CREATE INDEX push_subscriptions_session on push_subscriptions (session);

CREATE INDEX push_subscriptions_user on push_subscriptions (user_id, created_at);

CREATE TABLE reports (
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

CREATE INDEX reports_at on reports (at);

CREATE UNIQUE INDEX reports_once on reports (reported_by, message_id);

CREATE INDEX reports_open on reports (id) where state = 'open';

CREATE INDEX reports_room on reports (room_id, id);

CREATE TABLE rooms (
    id         text    not null primary key,
    slug       text    not null,
    name       text    not null,
    created_at integer not null
, kind text not null default 'public', topic text not null default '', created_by text not null default '', archived_at integer, slow_mode integer not null default 0, pair text, told integer not null default 1, deleted_at integer) strict;

CREATE INDEX rooms_created on rooms (created_by, created_at);

CREATE UNIQUE INDEX rooms_pair on rooms (pair);

CREATE UNIQUE INDEX rooms_slug on rooms (slug);

CREATE INDEX rooms_untold on rooms (id) where told = 0 or deleted_at is not null;

CREATE TABLE server (
    id          integer not null primary key check (id = 1),
    name        text    not null default '',
    description text    not null default '',
    setup       text    not null default 'new'
) strict;

CREATE TABLE sessions (
    id         text    not null primary key,
    token_hash text    not null,
    user_id    text    not null references users (id) on delete cascade,
    remember   integer not null,
    ip_address text    not null,
    user_agent text    not null,
    created_at integer not null,
    updated_at integer not null,
    expires_at integer not null
, method text not null default '', seen_at integer not null default 0, imported integer not null default 0) strict;

CREATE INDEX sessions_expires on sessions (expires_at);

CREATE UNIQUE INDEX sessions_token on sessions (token_hash);

CREATE INDEX sessions_user on sessions (user_id, created_at);

CREATE TABLE sqlite_sequence(name,seq);

CREATE TABLE statuses (
    user_id text    not null primary key,
    emoji   text    not null,
    text    text    not null,
    until   integer not null,
    dnd     integer not null -- do not disturb
) strict, without rowid;

CREATE TABLE thread_followers (
    room_id text    not null references rooms (id) on delete cascade,
    root    integer not null,
    user_id text    not null references users (id) on delete cascade,
    primary key (room_id, root, user_id)
) strict, without rowid;

CREATE INDEX thread_followers_user on thread_followers (user_id);

CREATE TABLE two_factors (
    user_id      text    not null primary key references users (id) on delete cascade,
    secret       text    not null,
    verified     integer not null,
    last_step    integer not null default 0,
    failures     integer not null default 0,
    locked_until integer not null default 0,
    created_at   integer not null
) strict;

CREATE TABLE users (
    id             text    not null primary key,
    name           text    not null,
    email          text    not null,
    email_verified integer not null,
    image          text,
    created_at     integer not null,
    updated_at     integer not null
, role text not null default 'member', anonymous integer not null default 0, two_factor integer not null default 0, banned_at integer, ban_reason text not null default '', method text not null default '', invited_by text references users (id) on delete set null) strict;

CREATE INDEX users_anonymous on users (created_at) where anonymous = 1;

CREATE UNIQUE INDEX users_email on users (lower(email));

CREATE INDEX users_invited_by on users (invited_by) where invited_by is not null;

CREATE TABLE verifications (
    token_hash text    not null primary key,
    purpose    text    not null,
    user_id    text    references users (id) on delete cascade,
    value      text    not null, -- JSON, by purpose
    created_at integer not null,
    expires_at integer not null
) strict;

CREATE INDEX verifications_expires on verifications (expires_at);

CREATE INDEX verifications_user on verifications (user_id, purpose);

CREATE TABLE withdrawals (
    room_id text    not null references rooms (id) on delete cascade,
    seq     integer not null,
    user_id text    not null,
    kind    text    not null,
    at      integer not null,
    primary key (room_id, seq, user_id)
) strict, without rowid;

CREATE INDEX withdrawals_at on withdrawals (at);

CREATE INDEX withdrawals_user on withdrawals (user_id);
