-- A holder is known by its kind and its id: an imported block may have the id of a reservation, or of a room that is
-- retired. What is freed of one is not to be the other's.

-- Frees all nights of the named holders of these kinds.
create or replace function release_rooms(hotels uuid[], holders uuid[], kinds text[]) returns void
language sql as $$
  delete from occupancy o using unnest(hotels, holders, kinds) as h (hotel_id, holder_id, kind)
  where o.hotel_id = h.hotel_id and o.holder_id = h.holder_id and o.holder = h.kind
$$;

-- As instances of the build before call it, which name no kind.
create or replace function release_rooms(hotels uuid[], holders uuid[]) returns void
language sql as $$
  delete from occupancy o using unnest(hotels, holders) as h (hotel_id, holder_id)
  where o.hotel_id = h.hotel_id and o.holder_id = h.holder_id
$$;

-- Deletes those of the named reservations that are holds whose time has come, as a change by the system that took place
-- at that time; gives their number. Call it under the hotel's feed head.
create or replace function lapse_holds(hotel uuid, ids uuid[], at timestamptz) returns int
language plpgsql as $$
declare
  lapsed uuid[];
begin
  with gone as (
    update reservation r
    set delete_time = r.hold_until, update_time = at, updated_by = 'system', version = r.version + 1
    where r.hotel_id = hotel and r.id = any(ids) and r.delete_time is null and r.hold_until <= at
    returning r.id
  )
  select array_agg(g.id) into lapsed from gone g;
  delete from occupancy o where o.hotel_id = hotel and o.holder_id = any(lapsed) and o.holder = 'RESERVATION';
  return coalesce(cardinality(lapsed), 0);
end $$;

-- Deletes those holds that are in the way of some legs and whose time has come; gives their number. Looks among the holds
-- whose time has come, which are few as they are swept, and not among all legs in the way. Call it under the hotel's head.
create or replace function lapse_holds_in_the_way(
  hotel uuid, room_ids uuid[], in_dates date[], out_dates date[], at timestamptz
) returns int
language sql as $$
  select lapse_holds(hotel, array(
    select r.id from reservation r
    where r.hotel_id = hotel and r.delete_time is null and r.hold_until <= at and exists (
      select from unnest(room_ids, in_dates, out_dates) as l (room_id, in_date, out_date)
      join occupancy o on o.hotel_id = r.hotel_id and o.holder_id = r.id and o.holder = 'RESERVATION'
        and o.room_id = l.room_id and o.during && daterange(l.in_date, l.out_date))), at)
$$;

-- What is in the way of some legs, at most 10 of each, as [{room, in_date, out_date, by}]; null for nothing.
create or replace function legs_in_the_way(hotel uuid, room_ids uuid[], in_dates date[], out_dates date[]) returns jsonb
language sql stable as $$
  select jsonb_agg(jsonb_build_object(
      'room', o.room_id, 'by', o.holder,
      'in_date', greatest(o.in_date, l.in_date), 'out_date', least(o.out_date, l.out_date))
      order by l.place, o.in_date)
  from unnest(room_ids, in_dates, out_dates) with ordinality as l (room_id, in_date, out_date, place)
  cross join lateral (
    select p.room_id, p.holder, p.in_date, p.out_date from occupancy p
    where p.hotel_id = hotel and p.room_id = l.room_id and p.in_date < l.out_date and p.out_date > l.in_date
      and p.in_date >= coalesce((
        select max(q.in_date) from occupancy q
        where q.hotel_id = hotel and q.room_id = l.room_id and q.in_date <= l.in_date), l.in_date)
    order by p.in_date limit 10
  ) o
$$;

-- Takes nights for a group of claims: the arrays have one element for each leg, and legs of one claim have its number.
-- Each claim, in the order of its number, gets all of its legs or none, and fails without effect on the others. Gives one
-- row a claim: whether it holds, and otherwise what is in the way, as [{room, in_date, out_date, by}], at most ten for a leg.
-- The EXCLUDE constraint decides (`on conflict` sees it); the query afterwards only explains. Holds in the way whose time
-- has come by `at`, the time of the write, are deleted, and the claim tried again.
create or replace function hold_rooms(
  claims int[], hotels uuid[], holders uuid[], kinds text[], room_ids uuid[], in_dates date[], out_dates date[],
  hold_untils timestamptz[] default null, at timestamptz default clock_timestamp()
) returns table (claim int, held boolean, in_the_way jsonb)
language plpgsql as $$
declare
  wanted record;
  taken int;
begin
  -- Each claim with its own legs: to look for them among all, for each, would be as much work as the square of the group.
  for wanted in
    select l.claim, l.hotel_id, l.holder_id, count(*) as legs, array_agg(l.kind order by l.place) as kinds,
      array_agg(l.room_id order by l.place) as room_ids, array_agg(l.in_date order by l.place) as in_dates,
      array_agg(l.out_date order by l.place) as out_dates, array_agg(l.hold_until order by l.place) as hold_untils
    from unnest(claims, hotels, holders, kinds, room_ids, in_dates, out_dates, hold_untils) with ordinality
      as l (claim, hotel_id, holder_id, kind, room_id, in_date, out_date, hold_until, place)
    group by 1, 2, 3 order by 1
  loop
    for attempt in 1..2 loop
      insert into occupancy (hotel_id, holder_id, room_id, in_date, out_date, holder, hold_until)
      select wanted.hotel_id, wanted.holder_id, l.room_id, l.in_date, l.out_date, l.kind, l.hold_until
      from unnest(wanted.kinds, wanted.room_ids, wanted.in_dates, wanted.out_dates, wanted.hold_untils)
        as l (kind, room_id, in_date, out_date, hold_until)
      order by l.room_id, l.in_date
      on conflict do nothing;
      get diagnostics taken = row_count;
      exit when taken = wanted.legs;
      delete from occupancy o
      where o.hotel_id = wanted.hotel_id and o.holder_id = wanted.holder_id and o.holder = any(wanted.kinds);
      exit when attempt = 2
        or 0 = lapse_holds_in_the_way(wanted.hotel_id, wanted.room_ids, wanted.in_dates, wanted.out_dates, at);
    end loop;
    claim := wanted.claim;
    held := taken = wanted.legs;
    in_the_way := null;
    if not held then
      in_the_way := legs_in_the_way(wanted.hotel_id, wanted.room_ids, wanted.in_dates, wanted.out_dates);
    end if;
    return next;
  end loop;
end $$;
