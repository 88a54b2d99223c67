-- A hold is a reservation that lapses at hold_until unless it is confirmed before: from then on every read takes it for
-- deleted, and a writer that needs its nights deletes it first (docs/decisions.md). Its legs say so too, so that what
-- asks for free rooms needs no join.
alter table reservation add column hold_until timestamptz;
alter table occupancy add column hold_until timestamptz;
alter table current_and_upcoming add column hold_until timestamptz;
alter table reservation add constraint reservation_hold check (hold_until is null or status = 'PENDING');
alter table occupancy add constraint occupancy_hold check (hold_until is null or holder = 'RESERVATION');
create index reservation_lapse on reservation (hold_until) where hold_until is not null and delete_time is null;

-- The cancellations of a period, and the holds that lapsed in it.
create index reservation_gone on reservation (coalesce(delete_time, hold_until))
  where coalesce(delete_time, hold_until) is not null;
create index reservation_gone_in_hotel on reservation (hotel_id, coalesce(delete_time, hold_until))
  where coalesce(delete_time, hold_until) is not null;

-- The legs before and after a stay, one probe each however long a room's history is.
create index occupancy_order on occupancy (hotel_id, room_id, in_date);

-- Found by id alone when a guest is named.
create index guest_id on guest (id);

-- As in the rooms database: a text whose order by bytes is the natural order of room numbers, 9 before 10.
create function natural_order(number text) returns text
language sql immutable strict parallel safe
begin atomic
  select string_agg(coalesce(lpad(length(ltrim(run[1], '0'))::text, 3, '0') || ltrim(run[1], '0'), run[2]), '' order by place)
  from regexp_matches(number collate "C", '([0-9]+)|([^0-9]+)', 'g') with ordinality as runs (run, place);
end;
alter table room add column number_order text collate "C" not null generated always as (natural_order(number)) stored;

-- Replaced by one with more parameters.
drop function if exists hold_rooms(int[], uuid[], uuid[], text[], uuid[], date[], date[]);
