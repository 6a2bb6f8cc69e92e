-- left_at: when they left the room of their own will; null: they didn't, or have come back.
-- Such a row stays, with the role '', so that nobody adds them again against their will.
alter table members add column left_at integer;
