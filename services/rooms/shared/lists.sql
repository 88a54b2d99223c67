-- The page of rooms after this one that is asked for most: the live ones of a hotel, or (null) of all, from the last number on.
-- Planned once, and along the index of its order whatever the planner takes the table for: a plan that sorts, or looks for a
-- hotel's rooms among those of all, would read all rooms once they are many. So the hotel comes as an array of one, which
-- leads the order. The first page is the one after no number (null), which is one that none is above, and the id of only f.
create or replace function list_rooms(of_hotel uuid[], after_number text, after_id uuid, most int) returns setof room
language plpgsql stable
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_sort = off
set enable_incremental_sort = off
as $$
declare
  last text := coalesce(after_number, repeat(chr(1114111), 256));
begin
  if of_hotel is null then
    return query select r.* from room r
    where r.delete_time is null and (r.number_order, r.id) < (last, after_id)
    order by r.number_order desc, r.id desc limit most;
  else
    return query select r.* from room r
    where r.hotel_id = any(of_hotel) and r.delete_time is null and (r.number_order, r.id) < (last, after_id)
    order by r.hotel_id desc, r.number_order desc, r.id desc limit most;
  end if;
end $$;
