-- Stays as long as [first, until), at most `reach` days earlier or later and none before `earliest`, today, for which
-- `wanted` of some rooms are free all the time: the nearest that begins by `first` (shift 0 or less) and the nearest after it. A room
-- that is held on a night which all of these stays have is passed over by one probe; of the others the first hundred by
-- number are looked at, around each no more nights than a stay of 2 * reach nights may begin or end on. A room in which a
-- guest is who was to leave is free from tomorrow on.
create or replace function nearest_stays(
  hotel uuid, among uuid[], wanted int, first date, until date, earliest date, reach int, at timestamptz, own uuid
) returns table (shift int, rooms uuid[])
language sql stable as $$
  with reached as (
    select low, until + reach as high, first + reach as common_from, low + (until - first) as common_until
    from greatest(first - reach, earliest) as low
  ), candidates as materialized (
    select r.id, r.number_order,
      greatest(low, earliest + (select count(*)::int from overstaying(hotel, r.id, earliest, own))) as low
    from room r, reached
    where r.hotel_id = hotel and r.id = any(among) and (common_from >= common_until or not coalesce((
      select o.out_date > common_from from occupancy o
      where o.hotel_id = hotel and o.room_id = r.id and o.in_date < common_until
        and (o.hold_until is null or o.hold_until > at) and (o.holder_id is distinct from own or o.holder <> 'RESERVATION')
      order by o.in_date desc limit 1), false))
    order by r.number_order, r.id limit greatest(wanted, 100)
  ), gaps as (
    select c.id, c.number_order, l.gap_from, l.gap_to
    from reached, candidates c cross join lateral (
      -- A room's legs are disjoint. The first row is the end of what comes before the room's `low`.
      select least(o.out_date, high) as gap_from, lead(o.in_date, 1, high) over (order by o.in_date) as gap_to
      from (
        select date '-infinity' as in_date, c.low as out_date
        union all
        select p.in_date, p.out_date from occupancy p
        where p.hotel_id = hotel and p.room_id = c.id and p.in_date < high and p.out_date > c.low
          and p.in_date >= coalesce((
            select max(q.in_date) from occupancy q
            where q.hotel_id = hotel and q.room_id = c.id and q.in_date <= c.low), c.low)
          and (p.hold_until is null or p.hold_until > at) and (p.holder_id is distinct from own or p.holder <> 'RESERVATION')
      ) o
    ) l
    where l.gap_to - l.gap_from >= until - first
  ), possible as (
    select s.shift, (array_agg(g.id order by g.number_order, g.id))[1:wanted] as rooms
    from gaps g, generate_series(greatest(g.gap_from - first, -reach), least(g.gap_to - until, reach)) as s (shift)
    group by s.shift having count(*) >= wanted
  )
  select distinct on (p.shift > 0) p.shift, p.rooms from possible p order by p.shift > 0, abs(p.shift)
$$;

-- For rooms of which some are held, or deleted: a row for each room type among these (all without one together), with them
-- and with the rooms that could take their place, at most `most`: free ones of the type, or of the location for rooms
-- without a type, among the first 500 by number; best-filled gap first.
create or replace function other_rooms(
  hotel uuid, place uuid, asked uuid[], first date, until date, today date, most int, at timestamptz, own uuid
) returns table (held uuid[], others uuid[])
language sql stable as $$
  select array_agg(h.id), array(
    select f.room_id
    from free_rooms(hotel, array(
      select r.id from room r
      where r.hotel_id = hotel and r.location_id = place and r.delete_time is null and r.id <> all(asked)
        and (h.room_type_id is null or r.room_type_id = h.room_type_id)
      order by r.number_order, r.id limit 500), first, until, today, at, own) f
    join room r on r.hotel_id = hotel and r.id = f.room_id
    order by f.left_over, r.number_order, r.id limit most)
  from room h
  where h.hotel_id = hotel and h.id = any(asked) and (h.delete_time is not null
    or h.id not in (select f.room_id from free_rooms(hotel, asked, first, until, today, at, own) f))
  group by h.room_type_id
$$;

-- Replaced by one that stops, and that by one which knows today.
drop function if exists what_holds(uuid, uuid[], date, date, timestamptz, uuid);
drop function if exists what_holds(uuid, uuid[], date, date, timestamptz, uuid, int);

-- What holds some rooms in the nights [first, until), cut to these, by room number and date: the first `most`. Rooms after
-- these are not looked at. A guest who was to leave holds a room tonight, and comes before what else holds it.
create or replace function what_holds(
  hotel uuid, among uuid[], first date, until date, today date, at timestamptz, own uuid, most int
) returns table (room uuid, in_date date, out_date date, held_by text)
language plpgsql stable as $$
declare
  missing int := most;
  found_here int;
begin
  for room in select r.id from room r where r.hotel_id = hotel and r.id = any(among) order by r.number_order, r.id loop
    return query
      select room, today, today + 1, 'RESERVATION' from overstaying(hotel, room, today, own)
      where first <= today and today < until;
    get diagnostics found_here = row_count;
    missing := missing - found_here;
    return query
      select room, greatest(l.in_date, first), least(l.out_date, until), l.holder from occupancy l
      where l.hotel_id = hotel and l.room_id = room and l.in_date < until and l.out_date > first
        and l.in_date >= coalesce((
          select max(p.in_date) from occupancy p
          where p.hotel_id = hotel and p.room_id = room and p.in_date <= first), first)
        and (l.hold_until is null or l.hold_until > at) and (l.holder_id is distinct from own or l.holder <> 'RESERVATION')
      order by l.in_date limit missing;
    get diagnostics found_here = row_count;
    missing := missing - found_here;
    exit when missing <= 0;
  end loop;
end $$;

-- What is around a refusal: the stays that are possible instead, and of rooms of a type what is in the way. `asked` are
-- rooms that were named, or else `wanted` ones of a type; for a guest who is `here` only nights from `first` on are to be
-- had, and `held_from` is the first that is not. All of it is of the snapshot that the calling statement has.
create or replace function around_refusal(
  hotel uuid, place uuid, asked uuid[], type uuid, wanted int, first date, until date, own uuid, here boolean,
  reach int, most_others int, most_held int, clock_offset double precision
) returns table (seq bigint, at timestamptz, nearest jsonb, others jsonb, held jsonb, held_from date)
language plpgsql stable as $$
declare
  today date;
  among uuid[];
begin
  at := statement_timestamp() + make_interval(secs => clock_offset);
  select h.seq into seq from feed_head h where h.hotel_id = hotel;
  select location_date(l.time_zone, at) into today from location l where l.hotel_id = hotel and l.id = place;
  if type is null then
    among := array(select r.id from room r where r.hotel_id = hotel and r.id = any(asked) and r.delete_time is null);
    select jsonb_agg(o) into others from other_rooms(hotel, place, asked, first, until, today, most_others, at, own) o;
  else
    among := rooms_of_type(hotel, place, type);
    select jsonb_agg(h) into held from (
      select w.room, w.in_date, w.out_date, w.held_by as "by"
      from what_holds(hotel, among, first, until, today, at, own, most_held) w) h;
  end if;
  if here then
    select min(w.in_date) into held_from from unnest(among) c, what_holds(hotel, array[c], first, until, today, at, own, 1) w;
  else
    select jsonb_agg(n order by abs(n.shift)) into nearest
      from nearest_stays(hotel, among, wanted, first, until, today, reach, at, own) n;
  end if;
  return next;
end $$;
