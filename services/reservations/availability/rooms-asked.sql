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
