-- removed_at: when somebody else took them out of the room; null: nobody did, or they are a
-- member again. Such a row stays, with the role '', so that an invitation or a sign-in doesn't
-- undo it: the audit log forgets.
alter table members add column removed_at integer;
-- What the audit log still has: whose last line is a removal, and who isn't in the room since.
insert into members (room_id, user_id, role, joined_at, removed_at)
    select a.room_id, a.user_id, '', a.at, a.at from audit a
        where a.id in (select max(id) from audit where action in ('member_removed', 'member_added') and room_id <> '' and user_id <> '' group by room_id, user_id)
            and a.action = 'member_removed'
            and exists (select 1 from rooms r where r.id = a.room_id) and exists (select 1 from users u where u.id = a.user_id)
    on conflict (room_id, user_id) do update set removed_at = excluded.removed_at where role = '' and left_at is null;
