-- The page of reservations after this one that is asked for most: the live ones of a hotel, or (null) of all, from the last
-- in_date on. Planned once, and along the index of its order whatever the planner takes the table for: a plan that sorts, or
-- looks for a hotel's reservations among those of all, would read all reservations once they are many. So the hotel comes as
-- an array of one, which leads the order. The first page is the one after infinity and the id of only f.
-- clock_offset is what the clock is off by, in seconds: 0 but in tests.
create or replace function list_reservations(
  of_hotel uuid[], clock_offset float, after_date date, after_id uuid, most int
) returns setof reservation
language plpgsql stable
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_sort = off
set enable_incremental_sort = off
as $$
declare
  now timestamptz := statement_timestamp() + make_interval(secs => clock_offset);
begin
  if of_hotel is null then
    return query select r.* from reservation r
    where r.delete_time is null and (r.hold_until is null or r.hold_until > now)
      and (r.in_date, r.id) < (after_date, after_id)
    order by r.in_date desc, r.id desc limit most;
  else
    return query select r.* from reservation r
    where r.hotel_id = any(of_hotel) and r.delete_time is null and (r.hold_until is null or r.hold_until > now)
      and (r.in_date, r.id) < (after_date, after_id)
    order by r.hotel_id, r.in_date desc, r.id desc limit most;
  end if;
end $$;

-- Locations with this moment and their dates at it, by hotel and id, no more than `most` (null: as many as there are): of some
-- hotels, or (null) of all; and only this one, if it is given.
create or replace function dated_locations(of_hotels uuid[], of_location uuid, clock_offset float, most int)
returns table (hotel_id uuid, id uuid, today date, at timestamptz)
language plpgsql stable
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_sort = off
set enable_incremental_sort = off
as $$
declare
  now timestamptz := statement_timestamp() + make_interval(secs => clock_offset);
begin
  if of_location is not null then
    return query select l.hotel_id, l.id, location_date(l.time_zone, now), now from location l
    where l.id = of_location and (of_hotels is null or l.hotel_id = any(of_hotels));
  elsif of_hotels is not null then
    return query select l.hotel_id, l.id, location_date(l.time_zone, now), now from location l
    where l.hotel_id = any(of_hotels) order by l.hotel_id, l.id limit most;
  else
    return query select l.hotel_id, l.id, location_date(l.time_zone, now), now from location l
    order by l.hotel_id, l.id limit most;
  end if;
end $$;

-- The number of the view's last change in a hotel, and when the last of the holds at a location lapsed by a moment.
create or replace function view_head_at(of_hotel uuid, of_location uuid, moment timestamptz)
returns table (seq bigint, lapsed timestamptz)
language sql stable rows 1 as $$
  select (select v.seq from view_head v where v.hotel_id = of_hotel), (
    select max(c.hold_until) from current_and_upcoming c
    where c.hotel_id = of_hotel and c.location_id = of_location and c.hold_until <= moment)
$$;

-- The data that decides the rows of a list of stays: its locations with their dates, when the last of the holds there lapsed
-- that nobody has deleted yet, and the number of the view's last change in each of their hotels. Each is one probe of an
-- index for a location.
create or replace function view_heads(of_hotels uuid[], of_location uuid, clock_offset float, most int)
returns table (hotel_id uuid, location_id uuid, seq bigint, today date, lapsed timestamptz, at timestamptz)
language sql stable
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
  select l.hotel_id, l.id, coalesce(v.seq, 0), l.today, v.lapsed, l.at
  from dated_locations(of_hotels, of_location, clock_offset, most) l
  cross join lateral view_head_at(l.hotel_id, l.id, l.at) v
$$;

-- The pattern of names for a search by words; null for none.
create or replace function patterns_of(words text[]) returns text[]
language sql immutable as $$
  select case when words is not null then array(select containing(w, 64) from unnest(words) w) end
$$;

-- Whether a guest has a name like all of these patterns: one probe.
create or replace function is_named(hotel uuid, guest uuid, patterns text[]) returns boolean
language sql stable as $$
  select coalesce(
    (select g.search like all (patterns) from guest g where g.hotel_id = hotel and g.id = guest limit 1), false)
$$;

-- The page after this stay of those that are current or come soon, by in_date, status, id, with an in_date from so many days
-- after a location's date on (null: however long ago) to so many: at these locations at their dates at a moment, or
-- (null) at those that dated_locations gives. From each location, in the order of its index, no more than a page is taken: so
-- the view's size does not matter. A hold whose time has come is in no list. With words, of guests who have them in their names.
-- The first page is the one after -infinity, '' and the id of zeros.
create or replace function list_stays(
  of_hotels uuid[], of_location uuid, clock_offset float,
  hotels uuid[], locations uuid[], dates date[], at timestamptz, from_day int, to_day int, words text[],
  after_date date, after_status text, after_id uuid, most int
) returns setof current_and_upcoming
language plpgsql stable
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_sort = off
set enable_incremental_sort = off
as $$
declare
  patterns text[] := patterns_of(words);
  hotel uuid;
  location uuid;
  today date;
  first date;
begin
  if locations is null then
    select array_agg(l.hotel_id), array_agg(l.id), array_agg(l.today), max(l.at) into hotels, locations, dates, at
    from dated_locations(of_hotels, of_location, clock_offset, null) l;
  end if;
  if cardinality(locations) = 1 then
    hotel := hotels[1];
    location := locations[1];
    today := dates[1];
    first := coalesce(today + from_day, '-infinity');
    return query select s.* from current_and_upcoming s
    where s.hotel_id = hotel and s.location_id = location
      and s.in_date >= first and s.in_date <= today + to_day
      and s.out_date >= today and (s.hold_until is null or s.hold_until > at)
      and (s.in_date, s.status, s.id) > (after_date, after_status, after_id)
      and (patterns is null or is_named(s.hotel_id, s.guest_id, patterns))
    order by s.in_date, s.status, s.id limit most;
  else
    return query select c.* from unnest(hotels, locations, dates) as l (hotel_id, id, today)
    cross join lateral (
      select * from current_and_upcoming s
      where s.hotel_id = l.hotel_id and s.location_id = l.id
        and s.in_date >= coalesce(l.today + from_day, '-infinity') and s.in_date <= l.today + to_day
        and s.out_date >= l.today and (s.hold_until is null or s.hold_until > at)
        and (s.in_date, s.status, s.id) > (after_date, after_status, after_id)
        and (patterns is null or is_named(s.hotel_id, s.guest_id, patterns))
      order by s.in_date, s.status, s.id limit most
    ) c
    order by c.in_date, c.status, c.id limit most;
  end if;
end $$;
