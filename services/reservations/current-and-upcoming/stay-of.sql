-- Made again below: while it stands, Citus takes stay_of, the table of its parameter and this view for a circle.
drop view if exists current_and_upcoming_source;

-- The row of a reservation in current_and_upcoming, from the base tables: the one definition of it. None for a deleted one.
-- Each look-up is an index probe, whatever the planner knew of the tables when the plan was made.
create or replace function stay_of(r reservation) returns setof current_and_upcoming
language sql stable as $$
  select r.hotel_id, r.id, r.location_id, r.in_date, r.out_date, r.status, r.guest_id,
    coalesce(g.first_name, ''), g.last_name, r.rooms,
    array(
      select coalesce(m.number, '') from unnest(r.rooms) with ordinality as u (room_id, place)
      left join lateral (
        select t.number from room t where t.hotel_id = r.hotel_id and t.id = u.room_id limit 1) m on true
      order by u.place),
    r.checkin_datetime, r.checkout_datetime, r.hold_until
  from (select) as always
  left join lateral (
    select t.first_name, t.last_name from guest t where t.hotel_id = r.hotel_id and t.id = r.guest_id limit 1) g on true
  where r.delete_time is null
$$;

-- The rows that current_and_upcoming must have. On Citus a row of a shard is of another type than one of the table.
create view current_and_upcoming_source as
select s.* from reservation r cross join lateral stay_of(row(r.*)::reservation) s;
