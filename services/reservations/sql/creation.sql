-- Where a room of these is, unless it is unknown, deleted, about to be, or only known from an earlier numbering of its feed.
create or replace function place_of_known_room(hotel uuid, room uuid, rooms_now int) returns setof uuid
language sql stable as $$
  select t.location_id from room t
  where t.hotel_id = hotel and t.id = room and t.delete_time is null and t.generation = rooms_now
    and not exists (
      select from retired_room d where d.hotel_id = t.hotel_id and d.room_id = t.id
        and (d.generation, d.version) >= (t.generation, t.version))
  limit 1
$$;

-- The place of a room type that is known, likewise: the location that is named, or the only one that its hotel has.
create or replace function place_of_known_type(hotel uuid, type uuid, location uuid, rooms_now int) returns uuid
language sql stable as $$
  select case when count(*) = 1 then (array_agg(l.id))[1] end
  from (select t.id from location t
        where t.hotel_id = hotel and t.delete_time is null and (location is null or t.id = location) limit 2) l
  where exists (
    select from room_type t
    where t.hotel_id = hotel and t.id = type and t.delete_time is null and t.generation = rooms_now)
$$;

-- Makes new reservations, of one hotel or of several, in one call that is one transaction: each is made whole or not at
-- all, and one that is refused takes no other along. The arrays have one element for each wanted reservation, at most 128:
-- `rooms` the text of a uuid[], or null where `types` and `counts` ask for rooms of a type; `keys` an idempotency key or
-- null, `erased_keys` what stands for it once the call's personal data is erased.
--
-- Gives one row for each, by its place in the arrays, with the time of the write:
--   MADE      at `place`, with the rooms in `given`
--   HELD      named rooms are not free: `in_the_way` as hold_rooms gives it
--   NO_ROOM   of the wanted type only `free` rooms are free
--   BUSY      another transaction has the hotel's feed head: nobody waits here for it while they have others'
--   ASK       for the caller to do alone: a guest, room, type or place that is not known, or is known as deleted or retired,
--             a key that was used before, the end of a hold that is no such, or rooms that too many others wanted too
--
-- The outcome is that of making them one after another in some order. All legs of a round are taken by one statement; the
-- EXCLUDE constraint decides. Who lost one frees the others, and is refused if what then stands is in the way; otherwise
-- only a loser was, and it takes part in the next round, in which at least the first of them wins.
--
-- Every statement probes indexes, row by row: a plan made while the tables were small must not become a scan of them.
create or replace function create_reservations(
  ids uuid[], hotels uuid[], guests uuid[], locations uuid[], in_dates date[], out_dates date[], rooms text[],
  types uuid[], counts int[], notes text[], hold_untils timestamptz[], actors text[],
  keys text[], erased_keys text[], hashes bytea[], digests bytea[], clock_offset double precision,
  guests_feed text, rooms_feed text
) returns table (member int, outcome text, place uuid, at timestamptz, given uuid[], free int, in_the_way jsonb)
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
-- Nobody who keeps to the heads holds a row of these hotels. Should somebody else do, the others do not wait long for it.
set lock_timeout = '200ms'
as $$
declare
  most_rounds constant int := 3;
  has_keys constant boolean := cardinality(array_remove(keys, null)) > 0;
  -- What an earlier numbering of a feed has said may be no more.
  guests_now int;
  rooms_now int;
  mine uuid[];
  places uuid[];
  taken text[] := rooms;
  todo int[];
  -- Of those whose rooms are not free, the days after the last night: day use holds the night of its day.
  untils date[];
  of_types int[];
  won int[];
  made int[] := '{}';
  round int := 0;
  one record;
  i int;
begin
  loop
    select array_agg(h.hotel_id),
        greatest(clock_timestamp() + make_interval(secs => clock_offset), max(h.time) + interval '1 microsecond'),
        replica_generation(guests_feed), replica_generation(rooms_feed)
      into mine, at, guests_now, rooms_now
      from (select f.hotel_id, f.time from feed_head f where f.hotel_id = any(hotels) order by f.hotel_id
            for update skip locked) h;
    exit when cardinality(mine) = (select count(distinct h) from unnest(hotels) h);
    -- Of a hotel in which nothing was written yet.
    insert into feed_head (hotel_id) select distinct h from unnest(hotels) h
      where (select f.hotel_id from feed_head f where f.hotel_id = h) is null
      order by h on conflict do nothing;
    exit when not found;
  end loop;

  -- Those whose guest is known, whose key was not used before and whose hold has an end that one may have: where their named
  -- rooms are, and which of them want rooms of a type.
  select array_agg(named.place order by m.n), array_agg(m.n order by m.n) filter (where named.place is not null),
      array_agg(m.n order by m.n) filter (where fine.guest is not null and m.type is not null)
    into places, todo, of_types
    from unnest(hotels, guests, locations, rooms, types, hold_untils, actors, keys, erased_keys) with ordinality
        as m (hotel, guest, location, rooms, type, hold_until, actor, key, erased_key, n)
      left join lateral (
        select g.id from guest g
        where g.hotel_id = m.hotel and g.id = m.guest and g.delete_time is null and g.generation = guests_now
          and not exists (
            select from retired_guest r where r.hotel_id = g.hotel_id and r.guest_id = g.id
              and (r.generation, r.version) >= (g.generation, g.version))
          and m.hotel = any(mine)
          and (m.hold_until is null
            or m.hold_until > create_reservations.at and m.hold_until <= create_reservations.at + interval '24 hours')
          and (m.key is null or (
            select k.key from idempotency_key k
            where k.hotel_id = m.hotel and k.caller = m.actor and k.key in (m.key, m.erased_key) limit 1) is null)
        limit 1
      ) fine (guest) on true
      left join lateral (
        select first.place from place_of_known_room(m.hotel, (m.rooms::uuid[])[1], rooms_now) as first (place)
        where fine.guest is not null and (m.location is null or m.location = first.place)
          and (cardinality(m.rooms::uuid[]) = 1 or cardinality(m.rooms::uuid[]) = (
            select count(*) from unnest(m.rooms::uuid[]) as other (id),
              place_of_known_room(m.hotel, other.id, rooms_now) as its (place)
            where its.place = first.place))
      ) named on true;

  while cardinality(todo) > 0 and round < most_rounds loop
    round := round + 1;
    with got as (
      insert into occupancy (hotel_id, holder_id, room_id, in_date, out_date, holder, hold_until)
      select m.hotel, m.id, named.room, m.in_date, greatest(m.out_date, m.in_date + 1), 'RESERVATION', m.hold_until
      from unnest(ids, hotels, rooms, in_dates, out_dates, hold_untils) with ordinality
          as m (id, hotel, rooms, in_date, out_date, hold_until, n),
        unnest(m.rooms::uuid[]) as named (room)
      where m.n = any(todo)
      order by m.n
      on conflict do nothing
      returning holder_id
    ), counted as (
      select array_position(ids, g.holder_id) as n, count(*) as legs from got g group by g.holder_id
    )
    select coalesce(array_agg(c.n), '{}') into won from counted c where c.legs = cardinality(rooms[c.n]::uuid[]);
    made := made || won;
    if cardinality(won) = cardinality(todo) then
      todo := null;
      exit;
    end if;
    todo := array(select n from unnest(todo) n where n <> all(won));

    untils := array(
      select greatest(m.out_date, m.in_date + 1) from unnest(in_dates, out_dates) with ordinality as m (in_date, out_date, n)
      order by m.n);
    delete from occupancy o using unnest(ids, hotels) with ordinality as m (id, hotel, n)
    where m.n = any(todo) and o.hotel_id = m.hotel and o.holder_id = m.id and o.holder = 'RESERVATION';
    perform lapse_holds_in_the_way(
        m.hotel, m.rooms::uuid[], array_fill(m.in_date, array[rooms_of.number]), array_fill(m.until, array[rooms_of.number]),
        create_reservations.at)
    from unnest(hotels, rooms, in_dates, untils) with ordinality as m (hotel, rooms, in_date, until, n),
      lateral (select cardinality(m.rooms::uuid[]) as number) rooms_of
    where m.n = any(todo);

    won := todo;
    todo := '{}';
    for member, place, in_the_way in
      select m.n, places[m.n], legs_in_the_way(
        m.hotel, m.rooms::uuid[], array_fill(m.in_date, array[rooms_of.number]), array_fill(m.until, array[rooms_of.number]))
      from unnest(hotels, rooms, in_dates, untils) with ordinality as m (hotel, rooms, in_date, until, n),
        lateral (select cardinality(m.rooms::uuid[]) as number) rooms_of
      where m.n = any(won) order by m.n
    loop
      if in_the_way is null then
        todo := todo || member;
      else
        outcome := 'HELD';
        return next;
      end if;
    end loop;
  end loop;
  in_the_way := null;

  foreach i in array coalesce(of_types, '{}') loop
    places[i] := place_of_known_type(hotels[i], types[i], locations[i], rooms_now);
    continue when places[i] is null;
    select * into one from assign_rooms(hotels[i], ids[i], places[i], types[i], counts[i], in_dates[i],
      greatest(out_dates[i], in_dates[i] + 1), hold_untils[i], at);
    if one.rooms is null and one.free is null then
      -- Its rooms were lost for no visible reason.
      todo := todo || i;
    elsif one.rooms is null then
      member := i;
      outcome := 'NO_ROOM';
      place := places[i];
      free := one.free;
      return next;
    else
      made := made || i;
      taken[i] := one.rooms::text;
    end if;
  end loop;
  free := null;

  if cardinality(made) > 0 then
    insert into reservation (hotel_id, id, location_id, in_date, out_date, status, guest_id, rooms, note, create_time,
      update_time, updated_by, hold_until)
    select m.hotel, m.id, m.place, m.in_date, m.out_date, 'PENDING', m.guest, m.rooms::uuid[], m.note, create_reservations.at,
      create_reservations.at, m.actor, m.hold_until
    from unnest(ids, hotels, places, guests, in_dates, out_dates, taken, notes, actors, hold_untils) with ordinality
      as m (id, hotel, place, guest, in_date, out_date, rooms, note, actor, hold_until, n)
    where m.n = any(made) order by m.n;
  end if;

  if has_keys then
    insert into idempotency_key (hotel_id, caller, key, method, request_hash, request_digest, change_hotel_id, change_seq,
      create_time)
    select m.hotel, m.actor, m.key, 'CreateReservation', m.hash, m.digest, m.hotel, c.seq, create_reservations.at
    from unnest(ids, hotels, actors, keys, hashes, digests) with ordinality as m (id, hotel, actor, key, hash, digest, n)
      cross join lateral (
        select t.seq from change t
        where t.hotel_id = m.hotel and t.resource = 'reservation' and t.id = m.id and t.version = 1 limit 1) c
    where m.key is not null and m.n = any(made);
  end if;

  return query
    select m.n::int, case
        when m.n = any(made) then 'MADE'
        when m.hotel <> all(coalesce(mine, '{}')) then 'BUSY'
        else 'ASK' end,
      places[m.n], create_reservations.at, case when m.n = any(made) then taken[m.n]::uuid[] end, null::int, null::jsonb
    from unnest(hotels) with ordinality as m (hotel, n)
    where m.n = any(made) or places[m.n] is null or m.n = any(todo);
end $$;
