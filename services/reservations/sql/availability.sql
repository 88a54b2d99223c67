-- What holds a room on some of the nights [first, until): two probes of the index of legs by date, which has all that is
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

-- Replaced by functions of several hotels.
drop function if exists room_availability(date, date, uuid, uuid, uuid, uuid, text, uuid, int, float);
drop function if exists room_type_availability(date, date, uuid, uuid, uuid, boolean, text, uuid, uuid, int, float);

-- The rooms of some hotels, of a location or type (null: of all), by location, number in natural order, id, after the given
-- ones. Planned once, each way of asking along an index that finds few rooms or has their order, whatever the planner takes
-- the table for: planning for what is asked takes as long as finding the nights of fifteen rooms.
create or replace function rooms_asked(
  of_hotels uuid[], of_location uuid, of_type uuid,
  after_location uuid, after_number text, after_room uuid, most int
) returns setof room
language plpgsql stable
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_sort = off
set enable_incremental_sort = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  location uuid := coalesce(after_location, '00000000-0000-0000-0000-000000000000');
  last_number text := coalesce(after_number, '');
  last_room uuid := coalesce(after_room, '00000000-0000-0000-0000-000000000000');
begin
  if of_location is not null then
    return query select r.* from room r
    where r.location_id = of_location and r.delete_time is null
      and (of_hotels is null or r.hotel_id = any(of_hotels)) and (of_type is null or r.room_type_id = of_type)
      and (r.location_id, r.number_order, r.id) > (location, last_number, last_room)
    order by r.location_id, r.number_order, r.id limit most;
  elsif of_type is not null then
    return query with found as materialized (
      select r.* from room_type t join room r on r.hotel_id = t.hotel_id and r.room_type_id = t.id
      where t.id = of_type and r.delete_time is null and (of_hotels is null or r.hotel_id = any(of_hotels)))
    select r.* from found r
    where (r.location_id, r.number_order, r.id) > (location, last_number, last_room)
    order by r.location_id, r.number_order, r.id limit most;
  elsif of_hotels is null then
    return query select r.* from room r
    where r.delete_time is null and (r.location_id, r.number_order, r.id) > (location, last_number, last_room)
    order by r.location_id, r.number_order, r.id limit most;
  elsif cardinality(of_hotels) = 1 then
    -- The hotel leads the order, so that its index is the one that has it.
    return query select r.* from room r
    where r.hotel_id = any(of_hotels) and r.delete_time is null
      and (r.location_id, r.number_order, r.id) > (location, last_number, last_room)
    order by r.hotel_id, r.location_id, r.number_order, r.id limit most;
  else
    return query with found as materialized (
      select r.* from room r where r.hotel_id = any(of_hotels) and r.delete_time is null)
    select r.* from found r
    where (r.location_id, r.number_order, r.id) > (location, last_number, last_room)
    order by r.location_id, r.number_order, r.id limit most;
  end if;
end $$;

-- These rooms with what holds each on the nights [first, until), cut to these nights, as 'in_date out_date holder' in their
-- order; as texts, as jsonb of as many nights takes half of the time. clock_offset is what the clock is off by, in seconds:
-- 0 but in tests.
create or replace function room_availability(
  first date, until date, of_hotels uuid[], of_location uuid, of_type uuid,
  after_location uuid, after_number text, after_room uuid, most int, clock_offset float
) returns table (
  room uuid, number text, number_order text, room_type uuid, location uuid, hotel uuid, held text[]
)
language sql stable
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set datestyle = 'ISO'
as $$
  with asked as materialized (
    select * from rooms_asked(of_hotels, of_location, of_type, after_location, after_number, after_room, most)
  ), places as materialized (
    -- The date is made once for a place, not for each of its rooms.
    select p.hotel_id, p.location_id, n.at, (
      select location_date(l.time_zone, n.at) from location l where l.hotel_id = p.hotel_id and l.id = p.location_id limit 1
    ) as today
    from (select distinct a.hotel_id, a.location_id from asked a) p,
      (select clock_timestamp() + make_interval(secs => clock_offset) as at) n
  )
  select a.id, a.number, a.number_order, a.room_type_id, a.location_id, a.hotel_id, case
      when t.tonight is null then coalesce(h.held, '{}')
      else array(
        select nights from unnest(h.held || concat_ws(' ', t.tonight, t.tonight + 1, 'RESERVATION')) nights order by nights)
    end
  from asked a join places p on p.hotel_id = a.hotel_id and p.location_id = a.location_id
  left join lateral (
    select array_agg(
        concat_ws(' ', greatest(o.in_date, first), least(o.out_date, until), o.holder) order by o.in_date) as held
    from legs_between(a.hotel_id, a.id, first, until) o
    where o.hold_until is null or o.hold_until > p.at
  ) h on true
  left join lateral overstayed_tonight(a.hotel_id, a.id, first, until, p.at, p.today) t on true
  order by a.location_id, a.number_order, a.id
$$;

-- The room types of some hotels, or one of them (null: all), with how many rooms there are, held and free, on each night of
-- [first, until); counted at one location only, if it is given. By name, rooms without a type last, after the given ones.
create or replace function room_type_availability(
  first date, until date, of_hotels uuid[], of_location uuid, of_type uuid,
  after_none boolean, after_name text, after_hotel uuid, after_type uuid, most int, clock_offset float
) returns table (room_type uuid, name text, hotel uuid, nights jsonb)
language sql stable set plan_cache_mode = force_custom_plan as $$
  with types as (
    select t.hotel_id, t.id, t.name from room_type t
    where t.delete_time is null
    union all
    select distinct r.hotel_id, null::uuid, '' from room r
    where r.room_type_id is null and r.delete_time is null and (of_location is null or r.location_id = of_location)
  ), asked as materialized (
    select t.* from types t
    where (of_hotels is null or t.hotel_id = any(of_hotels))
      and (of_type is null or t.id = of_type)
      and (of_location is null or t.hotel_id = (select l.hotel_id from location l where l.id = of_location))
      and (after_hotel is null
        or (t.id is null, t.name collate "und-x-icu", t.hotel_id, coalesce(t.id, '00000000-0000-0000-0000-000000000000'))
          > (after_none, after_name collate "und-x-icu", after_hotel, after_type))
    order by t.id is null, t.name collate "und-x-icu", t.hotel_id, t.id
    limit most
  ), rooms as materialized (
    select a.hotel_id, a.id as type_id, r.id as room_id
    from asked a join room r on r.hotel_id = a.hotel_id and r.room_type_id is not distinct from a.id
    where r.delete_time is null and (of_location is null or r.location_id = of_location)
  ), totals as (
    select r.hotel_id, r.type_id, count(*)::int as total from rooms r group by 1, 2
  ), held as (
    select r.hotel_id, r.type_id, n::date as night, count(*)::int as held
    from rooms r
    cross join lateral legs_between(r.hotel_id, r.room_id, first, until) o
    cross join generate_series(greatest(o.in_date, first)::timestamp, least(o.out_date, until)::timestamp - interval '1 day', interval '1 day') n
    where o.hold_until is null or o.hold_until > clock_timestamp() + make_interval(secs => clock_offset)
    group by 1, 2, 3
  )
  select a.id, a.name, a.hotel_id, jsonb_agg(jsonb_build_object(
      'night', d::date, 'total', coalesce(t.total, 0), 'held', coalesce(h.held, 0),
      'free', coalesce(t.total, 0) - coalesce(h.held, 0)) order by d)
  from asked a
  cross join generate_series(first::timestamp, until::timestamp - interval '1 day', interval '1 day') d
  left join totals t on t.hotel_id = a.hotel_id and t.type_id is not distinct from a.id
  left join held h on h.hotel_id = a.hotel_id and h.type_id is not distinct from a.id and h.night = d::date
  group by a.id, a.name, a.hotel_id
  order by a.id is null, a.name collate "und-x-icu", a.hotel_id, a.id
$$;

-- The same, told by what changes: on which nights how many more rooms are held than on the night before, or fewer, as
-- 'night difference' in their order; and how many rooms there are. As many nights of each type, as objects, take several
-- times as long, and so do sorted legs. room_type_availability is for instances of the build before.
create or replace function room_type_nights(
  first date, until date, of_hotels uuid[], of_location uuid, of_type uuid,
  after_none boolean, after_name text, after_hotel uuid, after_type uuid, most int, clock_offset float
) returns table (room_type uuid, name text, hotel uuid, total int, moves text[])
language sql stable set plan_cache_mode = force_custom_plan set datestyle = 'ISO' set enable_sort = off as $$
  with types as (
    select t.hotel_id, t.id, t.name from room_type t
    where t.delete_time is null
    union all
    select distinct r.hotel_id, null::uuid, '' from room r
    where r.room_type_id is null and r.delete_time is null and (of_location is null or r.location_id = of_location)
  ), asked as materialized (
    select t.*, row_number() over (order by t.id is null, t.name collate "und-x-icu", t.hotel_id, t.id)::int as place
    from types t
    where (of_hotels is null or t.hotel_id = any(of_hotels))
      and (of_type is null or t.id = of_type)
      and (of_location is null or t.hotel_id = (select l.hotel_id from location l where l.id = of_location))
      and (after_hotel is null
        or (t.id is null, t.name collate "und-x-icu", t.hotel_id, coalesce(t.id, '00000000-0000-0000-0000-000000000000'))
          > (after_none, after_name collate "und-x-icu", after_hotel, after_type))
    order by place limit most
  ), rooms as materialized (
    select a.place, r.hotel_id, r.location_id, r.id as room_id
    from asked a join room r on r.hotel_id = a.hotel_id
      -- As an equation, which can be hashed.
      and coalesce(r.room_type_id, '00000000-0000-0000-0000-000000000000') = coalesce(a.id, '00000000-0000-0000-0000-000000000000')
    where r.delete_time is null and (of_location is null or r.location_id = of_location)
  ), places as materialized (
    select p.hotel_id, p.location_id, n.at, (
      select location_date(l.time_zone, n.at) from location l where l.hotel_id = p.hotel_id and l.id = p.location_id limit 1
    ) as today
    from (select distinct r.hotel_id, r.location_id from rooms r) p,
      (select clock_timestamp() + make_interval(secs => clock_offset) as at) n
  ), legs as materialized (
    select r.place, greatest(o.in_date, first) as in_date, o.out_date
    from rooms r cross join lateral legs_between(r.hotel_id, r.room_id, first, until) o
    where o.hold_until is null or o.hold_until > clock_timestamp() + make_interval(secs => clock_offset)
    union all
    select r.place, t.tonight, t.tonight + 1
    from rooms r join places p on p.hotel_id = r.hotel_id and p.location_id = r.location_id
    cross join lateral overstayed_tonight(r.hotel_id, r.room_id, first, until, p.at, p.today) t
  ), moved as (
    select m.place, m.night, sum(m.difference) as difference
    from (
      select l.place, l.in_date, count(*) from legs l group by 1, 2
      union all
      select l.place, l.out_date, -count(*) from legs l where l.out_date < until group by 1, 2
    ) m (place, night, difference)
    group by 1, 2
  ), told as (
    select m.place, array_agg(concat_ws(' ', m.night, m.difference) order by m.night) as moves
    from moved m where m.difference <> 0 group by 1
  ), totals as (
    select r.place, count(*)::int as total from rooms r group by 1
  )
  select a.id, a.name, a.hotel_id, coalesce(t.total, 0), coalesce(m.moves, '{}')
  from asked a left join totals t using (place) left join told m using (place)
  order by a.place
$$;
