-- The page of guests after this one that is asked for most: the live ones of a hotel, or (null) of all. Planned once, and along
-- the index of its order whatever the planner takes the table for: a plan that sorts, or looks for a hotel's guests among
-- those of all, would read all guests once they are many. So the hotel comes as an array of one, which leads the order.
-- The first page is the one after nobody: false, '', '' and the id of zeros.
create or replace function list_guests(
  of_hotel uuid[], after_none boolean, after_last text, after_first text, after_id uuid, most int
) returns setof guest
language plpgsql stable
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_sort = off
set enable_incremental_sort = off
as $$
begin
  if of_hotel is null then
    return query select g.* from guest g
    where g.delete_time is null
      and (g.last_name is null, coalesce(g.last_name, '') collate "und-x-icu", g.first_name collate "und-x-icu", g.id)
        > (after_none, after_last, after_first, after_id)
    order by g.last_name is null, coalesce(g.last_name, '') collate "und-x-icu", g.first_name collate "und-x-icu", g.id
    limit most;
  else
    return query select g.* from guest g
    where g.hotel_id = any(of_hotel) and g.delete_time is null
      and (g.last_name is null, coalesce(g.last_name, '') collate "und-x-icu", g.first_name collate "und-x-icu", g.id)
        > (after_none, after_last, after_first, after_id)
    order by g.hotel_id, g.last_name is null, coalesce(g.last_name, '') collate "und-x-icu",
      g.first_name collate "und-x-icu", g.id
    limit most;
  end if;
end $$;
