-- The location of a room, unless it is unknown, deleted, about to be, or only known from an earlier numbering of its feed.
create or replace function place_of_known_room(hotel uuid, room uuid, rooms_now int) returns setof uuid
language sql stable as $$
  select t.location_id from room t
  where t.hotel_id = hotel and t.id = room and t.delete_time is null and t.generation = rooms_now
    and not exists (
      select from retired_room d where d.hotel_id = t.hotel_id and d.room_id = t.id
        and (d.generation, d.version) >= (t.generation, t.version))
  limit 1
$$;

-- The location of a room type that is known in the same way: the one that is named, or the only one that its hotel has.
create or replace function place_of_known_type(hotel uuid, type uuid, location uuid, rooms_now int) returns uuid
language sql stable as $$
  select case when count(*) = 1 then (array_agg(l.id))[1] end
  from (select t.id from location t
        where t.hotel_id = hotel and t.delete_time is null and (location is null or t.id = location) limit 2) l
  where exists (
    select from room_type t
    where t.hotel_id = hotel and t.id = type and t.delete_time is null and t.generation = rooms_now)
$$;

-- The live reservations that have the numbers in other systems which some new ones are to have, and whether these are holds
-- that have lapsed: one of each for each new one, null where the number is free or there is none.
create or replace function live_with_numbers(hotels uuid[], external_ids text[], sources text[], at timestamptz)
returns table (ids uuid[], are_lapsed boolean[])
language sql stable as $$
  select array_agg(r.id order by m.n), array_agg(coalesce(r.hold_until <= live_with_numbers.at, false) order by m.n)
  from unnest(hotels, external_ids, sources) with ordinality as m (hotel, external_id, source, n)
    left join lateral (
      select t.id, t.hold_until from reservation t
      where m.external_id is not null and t.hotel_id = m.hotel and t.external_id = m.external_id
        and coalesce(t.source, '') = coalesce(m.source, '') and t.delete_time is null
      limit 1
    ) r on true
$$;

-- Waits for a hotel's feed head, so long at most, and takes it; gives whether it came to that.
create or replace function waited_for_head(hotel uuid, patience_ms int) returns boolean
language plpgsql as $$
begin
  perform begin_write(hotel, '0', make_interval(secs => patience_ms / 1000.0));
  return true;
exception when lock_not_available then
  return false;
end $$;
