-- Which of some rooms are free for the nights [first, until), and how many nights stay free around them: from the stay
-- before, or today, to the first night, and from the last to the stay after. With none after, more than any gap has.
-- Lapsed holds are in nobody's way, nor is what `own` holds. A room is not free tonight while a guest is in it who was to
-- leave. Two probes a room, whatever its history, and one more for tonight.
create or replace function free_rooms(
  hotel uuid, among uuid[], first date, until date, today date, at timestamptz, own uuid default null
) returns table (room_id uuid, left_over int)
language sql stable as $$
  select c.room_id,
    greatest(first - greatest(before.out_date, today), 0) + coalesce(after.in_date, until + 100000) - until
  from unnest(among) as c (room_id)
  left join lateral (
    select o.out_date from occupancy o
    where o.hotel_id = hotel and o.room_id = c.room_id and o.in_date < until
      and (o.hold_until is null or o.hold_until > at) and (o.holder_id is distinct from own or o.holder <> 'RESERVATION')
    order by o.in_date desc limit 1
  ) before on true
  left join lateral (
    select o.in_date from occupancy o
    where o.hotel_id = hotel and o.room_id = c.room_id and o.in_date >= until
      and (o.hold_until is null or o.hold_until > at) and (o.holder_id is distinct from own or o.holder <> 'RESERVATION')
    order by o.in_date limit 1
  ) after on true
  where (before.out_date is null or before.out_date <= first)
    and not (first <= today and today < until
      and (select g.reservation_id from overstaying(hotel, c.room_id, today, own) g) is not null)
$$;

-- The rooms of a type at a location, but those whose deletion is agreed to.
create or replace function rooms_of_type(hotel uuid, place uuid, type uuid) returns uuid[]
language sql stable as $$
  select coalesce(array_agg(r.id), '{}') from room r
  where r.hotel_id = hotel and r.location_id = place and r.room_type_id = type and r.delete_time is null
    and not exists (
      select from retired_room t where t.hotel_id = hotel and t.room_id = r.id
        and (t.generation, t.version) >= (r.generation, r.version))
$$;

-- Takes rooms of a type for the nights [first, until): those whose gap the stay fills best, then by number in natural
-- order. Gives the rooms, by number; or null and how many were free, when these are fewer than wanted.
-- Under the hotel's feed head the choice can not be overtaken. The EXCLUDE constraint decides all the same: a room that it
-- refuses is not free, and the choice is made anew without it. After 10 choices in vain it gives null for both.
create or replace function assign_rooms(
  hotel uuid, holder uuid, place uuid, type uuid, wanted int, first date, until date,
  lapses timestamptz, at timestamptz
) returns table (rooms uuid[], free int)
language plpgsql as $$
declare
  candidates uuid[] := rooms_of_type(hotel, place, type);
  today date := (select location_date(l.time_zone, at) from location l where l.hotel_id = hotel and l.id = place);
  chosen uuid[];
  outcome record;
begin
  for choice in 1..10 loop
    select count(*), (array_agg(f.room_id order by f.left_over, r.number_order, r.id))[1:wanted] into free, chosen
      from free_rooms(hotel, candidates, first, until, today, at) f
      join room r on r.hotel_id = hotel and r.id = f.room_id;
    if free < wanted then
      return next;
      return;
    end if;
    select * into outcome from hold_rooms(
      array_fill(1, array[wanted]), array_fill(hotel, array[wanted]), array_fill(holder, array[wanted]),
      array_fill('RESERVATION'::text, array[wanted]), chosen, array_fill(first, array[wanted]),
      array_fill(until, array[wanted]), array_fill(lapses, array[wanted]), at);
    if outcome.held then
      select array_agg(r.id order by r.number_order, r.id) into rooms
        from room r where r.hotel_id = hotel and r.id = any(chosen);
      return next;
      return;
    end if;
    select array_agg(c) into candidates from unnest(candidates) c
      where c not in (select (o->>'room')::uuid from jsonb_array_elements(outcome.in_the_way) o);
  end loop;
  free := null;
  return next;
end $$;
