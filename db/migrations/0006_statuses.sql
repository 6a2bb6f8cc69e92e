-- What people say of themselves, until then (Unix milliseconds; 0: until they change it).
-- Who says nothing has no row. user_id refers to nobody: what is forgotten with an account
-- goes by the account's departure.
create table statuses (
    user_id text    not null primary key,
    emoji   text    not null,
    text    text    not null,
    until   integer not null,
    dnd     integer not null -- do not disturb
) strict, without rowid;
