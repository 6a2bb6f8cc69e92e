-- role: owner, admin, moderator, member, guest or bot. anonymous: a guest who
-- has no way to sign in again. two_factor: a second factor is asked for.
-- banned_at is null for those who aren't. method: how they signed in last.
alter table users add column role text not null default 'member';
alter table users add column anonymous integer not null default 0;
alter table users add column two_factor integer not null default 0;
alter table users add column banned_at integer;
alter table users add column ban_reason text not null default '';
alter table users add column method text not null default '';
create index users_anonymous on users (created_at) where anonymous = 1;

-- seen_at is coarse, for people to read. imported: began on another server, and
-- may come in a cookie of that one's name.
alter table sessions add column method text not null default '';
alter table sessions add column seen_at integer not null default 0;
alter table sessions add column imported integer not null default 0;
update sessions set seen_at = updated_at;

-- scope: what the provider granted, separated by commas.
alter table accounts add column scope text not null default '';

-- What was sent out and is to come back once: links in mails, the state of a
-- sign-in at a provider, a challenge. Only the hash of what was sent is kept.
create table verifications (
    token_hash text    not null primary key,
    purpose    text    not null,
    user_id    text    references users (id) on delete cascade,
    value      text    not null, -- JSON, by purpose
    created_at integer not null,
    expires_at integer not null
) strict;
create index verifications_expires on verifications (expires_at);
create index verifications_user on verifications (user_id, purpose);

-- secret is encrypted. last_step is the time step of the code that was used last:
-- none is taken twice. failures counts wrong codes since the last right one.
create table two_factors (
    user_id      text    not null primary key references users (id) on delete cascade,
    secret       text    not null,
    verified     integer not null,
    last_step    integer not null default 0,
    failures     integer not null default 0,
    locked_until integer not null default 0,
    created_at   integer not null
) strict;

create table backup_codes (
    user_id   text not null references users (id) on delete cascade,
    code_hash text not null,
    primary key (user_id, code_hash)
) strict, without rowid;

-- credential_id and public_key (COSE) are base64url; transports are separated by
-- commas; device_type is singleDevice or multiDevice.
create table passkeys (
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
create unique index passkeys_credential on passkeys (credential_id);
create index passkeys_user on passkeys (user_id);

-- hint is how the token begins, so that its owner knows it again. scopes are
-- separated by commas. expires_at null: never.
create table api_tokens (
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
create unique index api_tokens_token on api_tokens (token_hash);
create index api_tokens_user on api_tokens (user_id);
create index api_tokens_expires on api_tokens (expires_at);

-- One for each user; the id stays when the picture changes, as messages hold it.
create table avatars (
    id         text    not null primary key,
    user_id    text    not null references users (id) on delete cascade,
    type       text    not null,
    bytes      blob    not null,
    created_at integer not null
) strict;
create unique index avatars_user on avatars (user_id);

-- email: the only address that may use it; null for whoever has the link.
create table invites (
    id         text    not null primary key,
    token_hash text    not null,
    email      text,
    created_by text    references users (id) on delete set null,
    created_at integer not null,
    expires_at integer not null,
    uses_left  integer not null
) strict;
create unique index invites_token on invites (token_hash);

-- Accounts that are deleted, and whose names the rooms don't yet have removed.
create table departures (
    user_id    text    not null primary key,
    deleted_at integer not null
) strict;
