-- Replaced by functions of several hotels.
drop function if exists room_availability(date, date, uuid, uuid, uuid, uuid, text, uuid, int, float);

-- These rooms with what holds each on the nights [first, until), cut to these nights, in one text: an array of as many nights
-- takes longer to write and to read, and so do columns. A line is the id of the room, 36 letters, and the nights held, a comma
-- between two, each as 'first last' by the days after `first`, with a third word when it is not a reservation that holds them; then,
-- each after a tab, the type of the room, '-' for none, the location and hotel, and the number, which may have tabs. What is as in
-- the line before is empty: pages come in few pieces so. clock_offset is what the clock is off by, in seconds: 0 but in tests.
create or replace function room_lines(
  first date, until date, of_hotels uuid[], of_location uuid, of_type uuid,
  after_location uuid, after_number text, after_room uuid, most int, clock_offset float
) returns table (line text, number_order text)
language sql stable
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
  with asked as materialized (
    select * from rooms_asked(of_hotels, of_location, of_type, after_location, after_number, after_room, most)
  ), places as materialized (
    -- The date is made once for a place, not for each of its rooms.
    select p.*, n.* from (select distinct a.hotel_id, a.location_id from asked a) p
    cross join lateral location_now(p.hotel_id, p.location_id, clock_offset) n
  )
  select concat(a.id,
      case
        when t.tonight is null then h.held
        else (
          select string_agg(nights, ',' order by split_part(nights, ' ', 1)::int)
          from unnest(string_to_array(h.held, ',') || concat_ws(' ', t.tonight - first, t.tonight - first + 1)) nights)
      end,
      E'\t', case when a.room_type_id is distinct from lag(a.room_type_id) over page then coalesce(a.room_type_id::text, '-') end,
      E'\t', case when a.location_id is distinct from lag(a.location_id) over page then concat(a.location_id, a.hotel_id) end,
      E'\t', a.number),
    a.number_order
  from asked a join places p on p.hotel_id = a.hotel_id and p.location_id = a.location_id
  left join lateral (
    select string_agg(
        concat_ws(' ', greatest(o.in_date, first) - first, least(o.out_date, until) - first, nullif(o.holder, 'RESERVATION')),
        ',' order by o.in_date) as held
    from legs_between(a.hotel_id, a.id, first, until) o
    where o.hold_until is null or o.hold_until > p.at
  ) h on true
  left join lateral overstayed_tonight(a.hotel_id, a.id, first, until, p.at, p.today) t on true
  window page as (order by a.location_id, a.number_order, a.id)
  order by a.location_id, a.number_order, a.id
$$;

-- The same in columns and an array, as instances of the last release read it: what holds a room as 'in_date out_date holder', and no
-- part left out.
create or replace function room_availability(
  first date, until date, of_hotels uuid[], of_location uuid, of_type uuid,
  after_location uuid, after_number text, after_room uuid, most int, clock_offset float
) returns table (
  room uuid, number text, number_order text, room_type uuid, location uuid, hotel uuid, held text[]
)
language sql stable set datestyle = 'ISO' as $$
  with lines as (
    select n.place, n.number_order, r.parts, left(n.line, 36) as room, substr(r.parts[1], 37) as nights,
      -- Those of the same part have the same number: it grows where the part is said.
      count(nullif(r.parts[2], '')) over upto as type, count(nullif(r.parts[3], '')) over upto as spot
    from room_lines(first, until, of_hotels, of_location, of_type, after_location, after_number, after_room, most, clock_offset)
        with ordinality n (line, number_order, place)
      cross join lateral (select string_to_array(n.line, E'\t')) r (parts)
    window upto as (order by n.place)
  ), whole as (
    select l.*, max(nullif(l.parts[2], '')) over (partition by l.type) as type_id, max(l.parts[3]) over (partition by l.spot) as spot_ids
    from lines l
  )
  select w.room::uuid, array_to_string(w.parts[4:], E'\t'), w.number_order, nullif(w.type_id, '-')::uuid,
    left(w.spot_ids, 36)::uuid, right(w.spot_ids, 36)::uuid,
    array(
      select concat_ws(' ', first + split_part(l.leg, ' ', 1)::int, first + split_part(l.leg, ' ', 2)::int,
        coalesce(nullif(split_part(l.leg, ' ', 3), ''), 'RESERVATION'))
      from unnest(string_to_array(w.nights, ',')) with ordinality l (leg, place) order by l.place)
  from whole w order by w.place
$$;
