-- The lists of the front desk, each a page after the stay with this date and id, with the present date of its location: at
-- the locations that dated_locations gives, and from each, in the order of its index, no more than a page. They read the
-- reservations themselves: a guest who overstays is in the house long after the view of current and upcoming has let go.
-- Without a date it is the location's own at the moment of the read. The first page is the one after -infinity and the id of
-- zeros.

-- The guests who are in the house, by out_date, id; with a date those whose stay has it. Who overstays stays until today.
create or replace function list_in_house(
  of_hotels uuid[], of_location uuid, clock_offset float, on_date date, after_date date, after_id uuid, most int
) returns table (stay current_and_upcoming, today date)
language plpgsql stable
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_sort = off
set enable_incremental_sort = off
as $$
begin
  return query
  select s, found.today from (
    select here.r, l.today from dated_locations(of_hotels, of_location, clock_offset, null) l
    cross join lateral (
      select r from reservation r
      where r.hotel_id = l.hotel_id and r.location_id = l.id and r.status = 'CHECKED_IN' and r.delete_time is null
        and (on_date is null or r.in_date <= on_date and (on_date <= l.today or r.out_date >= on_date))
        and (r.out_date, r.id) > (after_date, after_id)
      order by r.out_date, r.id limit most
    ) here
    order by (here.r).out_date, (here.r).id limit most
  ) found
  cross join lateral stay_of(found.r) s
  order by s.out_date, s.id;
end $$;

-- The stays that begin on a date, by in_date, id.
create or replace function list_arrivals(
  of_hotels uuid[], of_location uuid, clock_offset float, on_date date, after_date date, after_id uuid, most int
) returns table (stay current_and_upcoming, today date)
language plpgsql stable
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_sort = off
set enable_incremental_sort = off
as $$
begin
  return query
  select s, found.today from (
    select arriving.r, l.today from dated_locations(of_hotels, of_location, clock_offset, null) l
    cross join lateral (
      select r from reservation r
      where r.hotel_id = l.hotel_id and r.location_id = l.id and r.in_date = coalesce(on_date, l.today)
        and r.delete_time is null and (r.hold_until is null or r.hold_until > l.at)
        and (r.in_date, r.id) > (after_date, after_id)
      order by r.in_date, r.id limit most
    ) arriving
    order by (arriving.r).in_date, (arriving.r).id limit most
  ) found
  cross join lateral stay_of(found.r) s
  order by s.in_date, s.id;
end $$;

-- The stays that end on a date, and today those of guests who should have left before, by out_date, id.
create or replace function list_departures(
  of_hotels uuid[], of_location uuid, clock_offset float, on_date date, after_date date, after_id uuid, most int
) returns table (stay current_and_upcoming, today date)
language plpgsql stable
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_sort = off
set enable_incremental_sort = off
as $$
begin
  return query
  select s, found.today from (
    select leaving.r, l.today from dated_locations(of_hotels, of_location, clock_offset, null) l
    cross join lateral (
      (select r from reservation r
       where r.hotel_id = l.hotel_id and r.location_id = l.id and r.status = 'CHECKED_IN' and r.delete_time is null
         and r.out_date < l.today and coalesce(on_date, l.today) = l.today
         and (r.out_date, r.id) > (after_date, after_id)
       order by r.out_date, r.id limit most)
      union all
      (select r from reservation r
       where r.hotel_id = l.hotel_id and r.location_id = l.id and r.out_date = coalesce(on_date, l.today)
         and r.delete_time is null and (r.hold_until is null or r.hold_until > l.at)
         and (r.out_date, r.id) > (after_date, after_id)
       order by r.out_date, r.id limit most)
    ) leaving
    order by (leaving.r).out_date, (leaving.r).id limit most
  ) found
  cross join lateral stay_of(found.r) s
  order by s.out_date, s.id;
end $$;
