CREATE TABLE accounts (
    id          text    not null primary key,
    user_id     text    not null references users (id) on delete cascade,
    provider_id text    not null,
    account_id  text    not null,
    password    text,
    created_at  integer not null,
    updated_at  integer not null
) strict;

CREATE UNIQUE INDEX accounts_provider on accounts (provider_id, account_id);

CREATE INDEX accounts_user on accounts (user_id);

CREATE TABLE migrations (
    version integer not null primary key,
    name    text    not null
) strict;

CREATE TABLE rooms (
    id         text    not null primary key,
    slug       text    not null,
    name       text    not null,
    created_at integer not null
) strict;

CREATE UNIQUE INDEX rooms_slug on rooms (slug);

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
) strict;

CREATE INDEX sessions_expires on sessions (expires_at);

CREATE UNIQUE INDEX sessions_token on sessions (token_hash);

CREATE INDEX sessions_user on sessions (user_id, created_at);

CREATE TABLE users (
    id             text    not null primary key,
    name           text    not null,
    email          text    not null,
    email_verified integer not null,
    image          text,
    created_at     integer not null,
    updated_at     integer not null
) strict;

CREATE UNIQUE INDEX users_email on users (lower(email));
