-- Replaced by room_type_nights.
drop function if exists room_type_availability(date, date, uuid, uuid, uuid, boolean, text, uuid, uuid, int, float);
drop function if exists room_type_availability(date, date, uuid[], uuid, uuid, boolean, text, uuid, uuid, int, float);

-- The room types of some hotels, or one of them (null: all), with how many rooms there are, and how many of them are held on the
-- nights [first, until), by what changes: the nights on which more rooms are held than on the night before, or fewer, as
-- 'night difference' in their order. An object for each night of each type takes several times as long, and so do sorted legs.
-- Counted at one location only, if it is given. By name, rooms without a type last, after the given ones.
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
    select p.*, n.* from (select distinct r.hotel_id, r.location_id from rooms r) p
    cross join lateral location_now(p.hotel_id, p.location_id, clock_offset) n
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
