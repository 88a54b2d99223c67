-- Without the heads and the patience: no build that was released calls it.
drop function if exists create_reservations(uuid[], uuid[], uuid[], uuid[], date[], date[], text[], uuid[], int[], text[], timestamptz[],
  text[], text[], text[], bytea[], bytea[], double precision, text, text, text[], text[]);

-- Makes new reservations, of one hotel or of several, in one call that is one transaction: each is made whole or not at
-- all, and one that is refused takes no other along. The arrays have one element for each wanted reservation, at most 128:
-- `rooms` the text of a uuid[], or null where `types` and `counts` ask for rooms of a type; `keys` an idempotency key or
-- null, `erased_keys` what stands for it once the call's personal data is erased. `heads` has each of their hotels once; when
-- other transactions have the feed heads of all of these, the first is waited for, patience_ms at most.
--
-- Gives one row for each, by its place in the arrays, with the time of the write:
--   MADE      at `place`, with the rooms in `given`
--   HELD      named rooms are not free: `in_the_way` as hold_rooms gives it
--   NO_ROOM   of the wanted type only `free` rooms are free
--   TAKEN     the live reservation in `given` has its number in another system
--   BUSY      another transaction has the hotel's feed head: nobody waits here for it while they have others'
--   ASK       for the caller to do alone: a guest, room, type or place that is not known, or is known as deleted or retired,
--             a key that was used before, the end of a hold that is no such, a number that a hold has which lapsed, or rooms that
--             too many others wanted too
--
-- Of those with one number in another system a call has one only: the unique index would fail them all.
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
  guests_feed text, rooms_feed text, external_ids text[], sources text[], heads uuid[], patience_ms int
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
  has_numbers constant boolean := cardinality(array_remove(external_ids, null)) > 0;
  -- What an earlier numbering of a feed has said may be no more.
  guests_now int;
  rooms_now int;
  mine uuid[];
  places uuid[];
  taken text[] := rooms;
  todo int[];
  of_types int[];
  -- The live reservations that have their numbers in other systems.
  taken_by uuid[];
  taken_by_lapsed boolean[];
  wanted_legs bigint;
  taken_legs bigint;
  won int[];
  made int[] := '{}';
  round int := 0;
  has_waited boolean := false;
  one record;
  i int;
begin
  loop
    select array_agg(h.hotel_id),
        greatest(clock_timestamp() + make_interval(secs => clock_offset), max(h.time) + interval '1 microsecond'),
        coalesce((select e.generation from replica_epoch e where e.feed = guests_feed), 0),
        coalesce((select e.generation from replica_epoch e where e.feed = rooms_feed), 0)
      into mine, at, guests_now, rooms_now
      from (select f.hotel_id, f.time from feed_head f where f.hotel_id = any(heads) order by f.hotel_id
            for update skip locked) h;
    exit when cardinality(mine) = cardinality(heads);
    if mine is null and not has_waited then
      has_waited := true;
      continue when waited_for_head(heads[1], patience_ms);
      exit;
    end if;
    -- Of a hotel in which nothing was written yet.
    insert into feed_head (hotel_id) select h from unnest(heads) h
      where (select f.hotel_id from feed_head f where f.hotel_id = h) is null
      order by h on conflict do nothing;
    exit when not found;
  end loop;

  if has_numbers then
    select l.ids, l.are_lapsed into taken_by, taken_by_lapsed from live_with_numbers(hotels, external_ids, sources, at) l;
  end if;

  -- Those whose guest is known, whose key was not used before and whose hold has an end that one may have: where their named
  -- rooms are, and which of them want rooms of a type.
  select array_agg(known.place), array_agg(known.n) filter (where known.place is not null),
      array_agg(known.n) filter (where known.guest is not null and known.type is not null)
    into places, todo, of_types
    from (
      select m.n, m.type, fine.guest, named.place
      from unnest(hotels, guests, locations, rooms, types, hold_untils, actors, keys, erased_keys)
          with ordinality as m (hotel, guest, location, rooms, type, hold_until, actor, key, erased_key, n)
        left join lateral (
          select g.id from guest g
          where g.hotel_id = m.hotel and g.id = m.guest and g.delete_time is null and g.generation = guests_now
            and not exists (
              select from retired_guest r where r.hotel_id = g.hotel_id and r.guest_id = g.id
                and (r.generation, r.version) >= (g.generation, g.version))
            and m.hotel = any(mine) and taken_by_lapsed[m.n] is not true
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
        ) named on true
      order by m.n
    ) known;

  foreach i in array coalesce(of_types, '{}') loop
    places[i] := place_of_known_type(hotels[i], types[i], locations[i], rooms_now);
  end loop;
  if has_numbers then
    foreach i in array coalesce(todo, '{}') || coalesce(of_types, '{}') loop
      continue when taken_by[i] is null or places[i] is null;
      todo := array_remove(todo, i);
      of_types := array_remove(of_types, i);
      member := i;
      outcome := 'TAKEN';
      place := places[i];
      given := array[taken_by[i]];
      return next;
    end loop;
    given := null;
  end if;

  while cardinality(todo) > 0 and round < most_rounds loop
    round := round + 1;
    insert into occupancy (hotel_id, holder_id, room_id, in_date, out_date, holder, hold_until)
    select m.hotel, m.id, named.room, m.in_date, greatest(m.out_date, m.in_date + 1), 'RESERVATION', m.hold_until
    from unnest(ids, hotels, rooms, in_dates, out_dates, hold_untils) with ordinality
        as m (id, hotel, rooms, in_date, out_date, hold_until, n),
      unnest(m.rooms::uuid[]) as named (room)
    where m.n = any(todo)
    order by m.n
    on conflict do nothing;
    get diagnostics taken_legs = row_count;
    wanted_legs := 0;
    foreach i in array todo loop
      wanted_legs := wanted_legs + cardinality(rooms[i]::uuid[]);
    end loop;
    won := todo;
    todo := null;
    if taken_legs < wanted_legs then
      for member, in_the_way in select l.member, l.in_the_way from legs_lost(won, ids, hotels, rooms, in_dates, out_dates, at) l
      loop
        won := array_remove(won, member);
        if in_the_way is null then
          todo := todo || member;
        else
          outcome := 'HELD';
          place := places[member];
          return next;
        end if;
      end loop;
    end if;
    made := made || won;
  end loop;
  in_the_way := null;

  foreach i in array coalesce(of_types, '{}') loop
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
      update_time, updated_by, hold_until, external_id, source)
    select m.hotel, m.id, m.place, m.in_date, m.out_date, 'PENDING', m.guest, m.rooms::uuid[], m.note, create_reservations.at,
      create_reservations.at, m.actor, m.hold_until, m.external_id, m.source
    from unnest(ids, hotels, places, guests, in_dates, out_dates, taken, notes, actors, hold_untils, external_ids, sources)
      with ordinality as m (id, hotel, place, guest, in_date, out_date, rooms, note, actor, hold_until, external_id, source, n)
    where m.n = any(made) order by m.n;
  end if;

  if has_keys then
    insert into idempotency_key (hotel_id, caller, key, method, request_hash, request_digest, change_hotel_id, change_seq,
      create_time)
    select m.hotel, m.actor, m.key, 'CreateReservation', m.hash, m.digest, m.hotel, c.seq, create_reservations.at
    from unnest(ids, hotels, actors, keys, hashes, digests) with ordinality as m (id, hotel, actor, key, hash, digest, n)
      cross join lateral (
        select t.seq from change t
        where t.hotel_id = m.hotel and t.resource = 'reservation' and t.id = m.id
        -- It is the only one; the order leaves one index, where the planner knows of few rows.
        order by t.version limit 1) c
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
