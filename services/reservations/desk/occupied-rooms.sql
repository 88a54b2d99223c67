-- The rows of a reservation in occupied_room: none unless its guest is there.
create or replace function rooms_occupied_by(r reservation) returns setof occupied_room
language sql stable as $$
  select r.hotel_id, room, greatest(r.out_date, r.in_date + 1), r.id from unnest(r.rooms) as room
  where r.status = 'CHECKED_IN' and r.delete_time is null
$$;

-- Keeps occupied_room when reservations change; add_new_reservations does it for new ones.
create or replace function keep_occupied_rooms() returns trigger
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  were reservation[];
  are reservation[];
  hotels uuid[];
  room_ids uuid[];
  out_dates date[];
  reservation_ids uuid[];
begin
  select array_agg(o) into were from old_rows o where o.status = 'CHECKED_IN';
  select array_agg(n) into are from new_rows n where n.status = 'CHECKED_IN';
  if were is not null then
    select array_agg(w.hotel_id), array_agg(w.room_id), array_agg(w.out_date), array_agg(w.reservation_id)
      into hotels, room_ids, out_dates, reservation_ids
      from unnest(were) r cross join lateral rooms_occupied_by(r) w;
    delete from occupied_room o
    using unnest(hotels, room_ids, out_dates, reservation_ids) as w (hotel_id, room_id, out_date, reservation_id)
    where o.hotel_id = w.hotel_id and o.room_id = w.room_id and o.out_date = w.out_date
      and o.reservation_id = w.reservation_id;
  end if;
  if are is not null then
    insert into occupied_room select w.* from unnest(are) r cross join lateral rooms_occupied_by(r) w;
  end if;
  return null;
end $$;

create or replace trigger reservation_updated_rooms after update on reservation
  referencing new table as new_rows old table as old_rows for each statement execute function keep_occupied_rooms();

-- The rooms with a guest when the table is new; the trigger makes writers wait meanwhile.
insert into occupied_room
select w.* from reservation r cross join lateral rooms_occupied_by(row(r.*)::reservation) w
where r.status = 'CHECKED_IN' and (select o.room_id from occupied_room o limit 1) is null
on conflict do nothing;

-- A reservation, not `own`, whose guest is still in a room although the last night is over by this date; no row for none. Until
-- the check-out such a guest has the room for the night of the date, and for none after it. One probe.
create or replace function overstaying(hotel uuid, room uuid, today date, own uuid default null)
returns table (reservation_id uuid)
language sql stable as $$
  select o.reservation_id from occupied_room o
  where o.hotel_id = hotel and o.room_id = room and o.out_date <= today and o.reservation_id is distinct from own limit 1
$$;
