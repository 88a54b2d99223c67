-- The legs that hold a room on some of the nights [first, until): two probes of the index of legs by date, which has all that is
-- read, whatever the room's history. Its legs are disjoint, so only the last that begins by `first` can reach into the
-- nights from before.
create or replace function legs_between(of_hotel uuid, of_room uuid, first date, until date)
returns table (in_date date, out_date date, holder text, hold_until timestamptz)
language sql stable as $$
  select o.in_date, o.out_date, o.holder, o.hold_until from occupancy o
  where o.hotel_id = of_hotel and o.room_id = of_room and o.in_date < until and o.out_date > first
    and o.in_date >= coalesce((
      select max(p.in_date) from occupancy p
      where p.hotel_id = of_hotel and p.room_id = of_room and p.in_date <= first), first)
$$;

-- Tonight, today's date, when it is one of the nights [first, until) and a guest holds a room who was to leave, and nothing
-- else does; no row otherwise.
create or replace function overstayed_tonight(
  of_hotel uuid, of_room uuid, first date, until date, at timestamptz, today date
) returns table (tonight date)
language sql stable as $$
  select today from overstaying(of_hotel, of_room, today)
  where first <= today and today < until and coalesce((
    select o.out_date <= today from occupancy o
    where o.hotel_id = of_hotel and o.room_id = of_room and o.in_date <= today and (o.hold_until is null or o.hold_until > at)
    order by o.in_date desc limit 1), true)
$$;

-- This moment, and the date of a location at it.
create or replace function location_now(of_hotel uuid, of_location uuid, clock_offset float)
returns table (at timestamptz, today date)
language sql rows 1 as $$
  select n.at, (select location_date(l.time_zone, n.at) from location l where l.hotel_id = of_hotel and l.id = of_location limit 1)
  from (select clock_timestamp() + make_interval(secs => clock_offset) as at) n
$$;
