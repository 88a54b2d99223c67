-- A list of the front desk, a page after the stay with this date and id, with the present date of its location: at the
-- locations that dated_locations gives, and from each, in the order of its index, no more than a page. The list is
--   in_house    guests who are there, by out_date, id; with a date those whose stay has it. An overstay ends today
--   arrivals    stays that begin on a date, by in_date, id
--   departures  stays that end on a date, and today those of guests who should have left before, by out_date, id
-- It reads the reservations themselves: a guest who overstays is in the house long after the view of current and upcoming has
-- let go. Without a date it is the location's own at the moment of the read; with words, of guests who have them in their
-- names. The first page is the one after -infinity and the id of zeros.
create or replace function list_house(
  list text, of_hotels uuid[], of_location uuid, clock_offset float, on_date date, words text[],
  after_date date, after_id uuid, most int
) returns table (stay current_and_upcoming, today date)
language plpgsql stable
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_sort = off
set enable_incremental_sort = off
as $$
declare
  patterns text[] := patterns_of(words);
begin
  return query
  select s, found.today from (
    select listed.r, listed.day, l.today from dated_locations(of_hotels, of_location, clock_offset, null) l
    cross join lateral (
      (select r, r.out_date as day from reservation r
       where list = 'in_house' and r.hotel_id = l.hotel_id and r.location_id = l.id
         and r.status = 'CHECKED_IN' and r.delete_time is null
         and (on_date is null or r.in_date <= on_date and (on_date <= l.today or r.out_date >= on_date))
         and (r.out_date, r.id) > (after_date, after_id)
         and (patterns is null or is_named(r.hotel_id, r.guest_id, patterns))
       order by r.out_date, r.id limit most)
      union all
      (select r, r.in_date from reservation r
       where list = 'arrivals' and r.hotel_id = l.hotel_id and r.location_id = l.id
         and r.in_date = coalesce(on_date, l.today) and r.delete_time is null and (r.hold_until is null or r.hold_until > l.at)
         and (r.in_date, r.id) > (after_date, after_id)
         and (patterns is null or is_named(r.hotel_id, r.guest_id, patterns))
       order by r.in_date, r.id limit most)
      union all
      (select r, r.out_date from reservation r
       where list = 'departures' and r.hotel_id = l.hotel_id and r.location_id = l.id
         and r.status = 'CHECKED_IN' and r.delete_time is null
         and r.out_date < l.today and coalesce(on_date, l.today) = l.today
         and (r.out_date, r.id) > (after_date, after_id)
         and (patterns is null or is_named(r.hotel_id, r.guest_id, patterns))
       order by r.out_date, r.id limit most)
      union all
      (select r, r.out_date from reservation r
       where list = 'departures' and r.hotel_id = l.hotel_id and r.location_id = l.id
         and r.out_date = coalesce(on_date, l.today) and r.delete_time is null and (r.hold_until is null or r.hold_until > l.at)
         and (r.out_date, r.id) > (after_date, after_id)
         and (patterns is null or is_named(r.hotel_id, r.guest_id, patterns))
       order by r.out_date, r.id limit most)
    ) listed
    order by listed.day, (listed.r).id limit most
  ) found
  cross join lateral stay_of(found.r) s
  order by found.day, s.id;
end $$;
