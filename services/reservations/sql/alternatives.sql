-- Stays as long as [first, until), at most `reach` days earlier or later and none before `earliest`, for which `wanted` of
-- some rooms are free all the time: the nearest that begins by `first` (shift 0 or less) and the nearest after it.
create or replace function nearest_stays(
  hotel uuid, among uuid[], wanted int, first date, until date, earliest date, reach int, at timestamptz, own uuid
) returns table (shift int, rooms uuid[])
language sql stable as $$
  with reached as (
    select greatest(first - reach, earliest) as low, greatest(until + reach, earliest) as high
  ), legs as (
    select c.room_id, o.in_date, o.out_date
    from reached, unnest(among) as c (room_id)
    join occupancy o on o.hotel_id = hotel and o.room_id = c.room_id
    where o.during && daterange(low, high)
      and (o.hold_until is null or o.hold_until > at) and o.holder_id is distinct from own
    union all select c.room_id, low, low from reached, unnest(among) as c (room_id)
    union all select c.room_id, high, high from reached, unnest(among) as c (room_id)
  ), gaps as (
    -- The greatest end so far: a leg from before `low` may reach beyond it, a retired room's has no end.
    select l.room_id,
      max(least(l.out_date, high)) over (upto rows between unbounded preceding and current row) as gap_from,
      lead(l.in_date) over upto as gap_to
    from legs l, reached window upto as (partition by l.room_id order by l.in_date, l.out_date)
  ), possible as (
    select s.shift, (array_agg(g.room_id order by r.number_order, r.id))[1:wanted] as rooms
    from gaps g join room r on r.hotel_id = hotel and r.id = g.room_id,
      generate_series(greatest(g.gap_from - first, -reach), least(g.gap_to - until, reach)) as s (shift)
    where g.gap_to - g.gap_from >= until - first
    group by s.shift having count(*) >= wanted
  )
  select distinct on (p.shift > 0) p.shift, p.rooms from possible p order by p.shift > 0, abs(p.shift)
$$;

-- For rooms of which some are held, or deleted: a row for each room type among these (all without one together), with them
-- and with the rooms that could take their place, at most `most`: free ones of the type, or of the location for rooms
-- without a type; best-filled gap first.
create or replace function other_rooms(
  hotel uuid, place uuid, asked uuid[], first date, until date, today date, most int, at timestamptz, own uuid
) returns table (held uuid[], others uuid[])
language sql stable as $$
  select array_agg(h.id), array(
    select f.room_id
    from free_rooms(hotel, array(
      select r.id from room r
      where r.hotel_id = hotel and r.location_id = place and r.delete_time is null and r.id <> all(asked)
        and (h.room_type_id is null or r.room_type_id = h.room_type_id)), first, until, today, at, own) f
    join room r on r.hotel_id = hotel and r.id = f.room_id
    order by f.left_over, r.number_order, r.id limit most)
  from room h
  where h.hotel_id = hotel and h.id = any(asked) and (h.delete_time is not null
    or h.id not in (select f.room_id from free_rooms(hotel, asked, first, until, today, at, own) f))
  group by h.room_type_id
$$;

-- What holds some rooms in the nights [first, until), cut to these, by room number and date.
create or replace function what_holds(
  hotel uuid, among uuid[], first date, until date, at timestamptz, own uuid
) returns table (room uuid, in_date date, out_date date, held_by text)
language sql stable as $$
  select r.id, greatest(o.in_date, first), least(o.out_date, until), o.holder
  from room r cross join lateral (
    -- The limit is above what a stay has nights: it makes room after room be looked at, so that a caller can stop early.
    select l.in_date, l.out_date, l.holder from occupancy l
    where l.hotel_id = hotel and l.room_id = r.id and l.during && daterange(first, until)
      and (l.hold_until is null or l.hold_until > at) and l.holder_id is distinct from own
    limit 1000
  ) o
  where r.hotel_id = hotel and r.id = any(among)
  order by r.number_order, r.id, o.in_date
$$;

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
      from what_holds(hotel, among, first, until, at, own) w limit most_held) h;
  end if;
  if here then
    select min(w.in_date) into held_from from what_holds(hotel, among, first, until, at, own) w;
  else
    select jsonb_agg(n order by abs(n.shift)) into nearest
      from nearest_stays(hotel, among, wanted, first, until, today, reach, at, own) n;
  end if;
  return next;
end $$;
