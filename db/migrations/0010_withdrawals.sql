-- Who was told of a message that speaks to them no more since an edit: one that speaks to
-- them again tells them nothing a second time. user_id '' is all in the room; it refers to
-- nobody. kind: as in notices, that it was.
create table withdrawals (
    room_id text    not null references rooms (id) on delete cascade,
    seq     integer not null,
    user_id text    not null,
    kind    text    not null,
    at      integer not null,
    primary key (room_id, seq, user_id)
) strict, without rowid;
create index withdrawals_user on withdrawals (user_id);
create index withdrawals_at on withdrawals (at);
