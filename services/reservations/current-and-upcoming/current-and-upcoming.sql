-- Every statement that changes rows of the view moves the heads of their hotels, whoever runs it. A number never comes
-- back, not even when the database is restored from a backup: it counts by the microseconds of the clock.
create or replace function move_view_heads() returns trigger
language plpgsql as $$
declare
  hotels uuid[];
begin
  if tg_op = 'TRUNCATE' then
    select array_agg(v.hotel_id order by v.hotel_id) into hotels from view_head v;
  else
    select array_agg(distinct c.hotel_id order by c.hotel_id) into hotels from changed_rows c;
  end if;
  insert into view_head as v (hotel_id, seq)
  select h, extract(epoch from clock_timestamp()) * 1000000 from unnest(hotels) h
  on conflict (hotel_id) do update set seq = greatest(v.seq + 1, excluded.seq);
  return null;
end $$;

-- Replaced by one that is told the rows.
drop function if exists refresh_current_and_upcoming(uuid[], uuid[]);

-- Brings the rows of changed reservations up to date, each in its place; what is the same stays untouched.
create or replace function refresh_for_reservations() returns trigger
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
declare
  changed reservation[];
  hotels uuid[];
  gone uuid[];
begin
  select array_agg(n), array_agg(n.hotel_id) filter (where n.delete_time is not null),
      array_agg(n.id) filter (where n.delete_time is not null)
    into changed, hotels, gone from new_rows n;
  if changed is null then
    return null;
  end if;
  insert into current_and_upcoming as c (hotel_id, id, location_id, in_date, out_date, status, guest_id, first_name,
    last_name, rooms, room_numbers, checkin_datetime, checkout_datetime, hold_until)
  select s.* from unnest(changed) r cross join lateral stay_of(r) s
  on conflict (hotel_id, id) do update set location_id = excluded.location_id, in_date = excluded.in_date,
    out_date = excluded.out_date, status = excluded.status, guest_id = excluded.guest_id,
    first_name = excluded.first_name, last_name = excluded.last_name, rooms = excluded.rooms,
    room_numbers = excluded.room_numbers, checkin_datetime = excluded.checkin_datetime,
    checkout_datetime = excluded.checkout_datetime, hold_until = excluded.hold_until
  where c is distinct from excluded;
  if gone is not null then
    delete from current_and_upcoming c using unnest(hotels, gone) as r (hotel_id, id)
    where c.hotel_id = r.hotel_id and c.id = r.id;
  end if;
  return null;
end $$;

-- New reservations have no row there yet; imported ones may have guests in their rooms. The transition table is gathered first, as a distributed engine demands.
create or replace function add_new_reservations() returns trigger
language plpgsql
set plan_cache_mode = force_generic_plan
as $$
declare
  added reservation[];
  has_guests_in_rooms boolean;
begin
  select array_agg(n), bool_or(n.status = 'CHECKED_IN') into added, has_guests_in_rooms from new_rows n;
  insert into current_and_upcoming (hotel_id, id, location_id, in_date, out_date, status, guest_id, first_name, last_name,
    rooms, room_numbers, checkin_datetime, checkout_datetime, hold_until)
  select s.* from unnest(added) r cross join lateral stay_of(r) s;
  if has_guests_in_rooms then
    insert into occupied_room select w.* from unnest(added) r cross join lateral rooms_occupied_by(r) w;
  end if;
  return null;
end $$;

-- A guest or a room may have many stays: only what is told of them is changed, and only where it is another. They are found by
-- their index: a hash join reads the whole view.
create or replace function refresh_for_guests() returns trigger
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  hotels uuid[];
  guests uuid[];
  first_names text[];
  last_names text[];
begin
  select array_agg(n.hotel_id), array_agg(n.id), array_agg(n.first_name), array_agg(n.last_name)
    into hotels, guests, first_names, last_names from new_rows n;
  update current_and_upcoming c set first_name = g.first_name, last_name = g.last_name
  from unnest(hotels, guests, first_names, last_names) as g (hotel_id, guest_id, first_name, last_name)
  where c.hotel_id = g.hotel_id and c.guest_id = g.guest_id
    and (c.first_name, c.last_name) is distinct from (g.first_name, g.last_name);
  return null;
end $$;

-- Planned for as many stays as there are by then: a plan for few reads all of a hotel.
create or replace function refresh_for_rooms() returns trigger
language plpgsql
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
as $$
declare
  hotels uuid[];
  ids uuid[];
  numbers text[];
begin
  select array_agg(distinct n.hotel_id), array_agg(n.id), array_agg(n.number) into hotels, ids, numbers from new_rows n;
  update current_and_upcoming c set room_numbers = array(
    select coalesce(n.number, u.number)
    from unnest(c.rooms, c.room_numbers) with ordinality as u (room_id, number, place)
    left join unnest(ids, numbers) as n (id, number) on n.id = u.room_id
    order by u.place)
  where c.hotel_id = any(hotels) and c.rooms && ids and exists (
    select from unnest(c.rooms, c.room_numbers) as u (room_id, number)
    join unnest(ids, numbers) as n (id, number) on n.id = u.room_id
    where n.number <> u.number);
  return null;
end $$;

-- Makes the view anew from the base tables. Run it while nothing writes, or rather: the heads it locks make writers wait.
create or replace function rebuild_current_and_upcoming() returns bigint
language plpgsql as $$
declare
  made bigint;
begin
  perform 1 from feed_head order by hotel_id for update;
  delete from current_and_upcoming;
  insert into current_and_upcoming (hotel_id, id, location_id, in_date, out_date, status, guest_id, first_name, last_name,
    rooms, room_numbers, checkin_datetime, checkout_datetime, hold_until)
  select s.hotel_id, s.id, s.location_id, s.in_date, s.out_date, s.status, s.guest_id, s.first_name, s.last_name,
    s.rooms, s.room_numbers, s.checkin_datetime, s.checkout_datetime, s.hold_until
  from current_and_upcoming_source s
  join location l on l.hotel_id = s.hotel_id and l.id = s.location_id
  -- As the sweep: a location's date can become one of two days before, by another time zone.
  where s.out_date >= location_date(l.time_zone, now()) - 3;
  get diagnostics made = row_count;
  return made;
end $$;

-- Compares the view with the base tables as of one instant: no row when they agree. Rows that are past do not count, nor
-- do lapsed holds.
create or replace function verify_current_and_upcoming(at timestamptz default now())
returns table (hotel_id uuid, id uuid, expected jsonb, actual jsonb)
language sql stable as $$
  with expected as (
    select s.hotel_id, s.id, to_jsonb(s) as data from current_and_upcoming_source s
    join location l on l.hotel_id = s.hotel_id and l.id = s.location_id
    where s.out_date >= location_date(l.time_zone, at) - 1 and (s.hold_until is null or s.hold_until > at)
  ), actual as (
    select c.hotel_id, c.id, to_jsonb(c) as data from current_and_upcoming c
    join location l on l.hotel_id = c.hotel_id and l.id = c.location_id
    where c.out_date >= location_date(l.time_zone, at) - 1 and (c.hold_until is null or c.hold_until > at)
  )
  select coalesce(e.hotel_id, a.hotel_id), coalesce(e.id, a.id), e.data, a.data
  from expected e full join actual a on a.hotel_id = e.hotel_id and a.id = e.id
  where e.data is distinct from a.data
$$;

create or replace trigger reservation_created after insert on reservation
  referencing new table as new_rows for each statement execute function record_changes();
create or replace trigger reservation_updated after update on reservation
  referencing new table as new_rows old table as old_rows for each statement execute function record_changes();
create or replace trigger reservation_created_view after insert on reservation
  referencing new table as new_rows for each statement execute function add_new_reservations();
create or replace trigger reservation_updated_view after update on reservation
  referencing new table as new_rows for each statement execute function refresh_for_reservations();
create or replace trigger guest_updated_view after update on guest
  referencing new table as new_rows for each statement execute function refresh_for_guests();
create or replace trigger guest_created_view after insert on guest
  referencing new table as new_rows for each statement execute function refresh_for_guests();
create or replace trigger room_updated_view after update on room
  referencing new table as new_rows for each statement execute function refresh_for_rooms();
create or replace trigger room_created_view after insert on room
  referencing new table as new_rows for each statement execute function refresh_for_rooms();
create or replace trigger view_inserted after insert on current_and_upcoming
  referencing new table as changed_rows for each statement execute function move_view_heads();
create or replace trigger view_updated after update on current_and_upcoming
  referencing new table as changed_rows for each statement execute function move_view_heads();
create or replace trigger view_deleted after delete on current_and_upcoming
  referencing old table as changed_rows for each statement execute function move_view_heads();
create or replace trigger view_truncated after truncate on current_and_upcoming
  for each statement execute function move_view_heads();
