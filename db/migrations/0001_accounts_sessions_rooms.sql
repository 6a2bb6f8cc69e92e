-- Times are integer Unix milliseconds; booleans are 0 or 1.

create table users (
    id             text    not null primary key,
    name           text    not null,
    email          text    not null,
    email_verified integer not null,
    image          text,
    created_at     integer not null,
    updated_at     integer not null
) strict;

create unique index users_email on users (lower(email));

-- One way of signing in. provider_id 'credential' is a password: account_id is
-- then the user's own id, and password the hash in its self-describing form.
create table accounts (
    id          text    not null primary key,
    user_id     text    not null references users (id) on delete cascade,
    provider_id text    not null,
    account_id  text    not null,
    password    text,
    created_at  integer not null,
    updated_at  integer not null
) strict;

create unique index accounts_provider on accounts (provider_id, account_id);
create index accounts_user on accounts (user_id);

-- token_hash is the lower-case hex SHA-256 of the token. The token itself is
-- nowhere in the database: a copy of it opens no session.
create table sessions (
    id         text    not null primary key,
    token_hash text    not null,
    user_id    text    not null references users (id) on delete cascade,
    remember   integer not null,
    ip_address text    not null,
    user_agent text    not null,
    created_at integer not null,
    updated_at integer not null,
    expires_at integer not null
) strict;

create unique index sessions_token on sessions (token_hash);
create index sessions_user on sessions (user_id, created_at);
create index sessions_expires on sessions (expires_at);

create table rooms (
    id         text    not null primary key,
    slug       text    not null,
    name       text    not null,
    created_at integer not null
) strict;

create unique index rooms_slug on rooms (slug);
