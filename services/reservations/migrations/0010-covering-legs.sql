-- Carries what a search for free rooms reads, so that it seldom needs the table: the legs of a room lie in as many of its
-- pages as they were written at different times.
drop index occupancy_order;
create index occupancy_order on occupancy (hotel_id, room_id, in_date) include (out_date, holder, hold_until);

-- Replaced by ones that return these columns only, and texts for jsonb.
drop function if exists legs_between(uuid, uuid, date, date);
drop function if exists room_availability(date, date, uuid, uuid, uuid, uuid, text, uuid, int, float);
