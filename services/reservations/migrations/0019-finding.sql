-- What has changed since a moment, in the order of the changes.
create index reservation_update on reservation (hotel_id, location_id, update_time, id);
-- By the confirmation code, which says the end of an id in other letters.
create index reservation_code on reservation (right(id::text, 10));

-- The number that a reservation has in another system. Most have none, and are in neither index.
alter table reservation add column external_id text;
alter table reservation add column source text;
create index reservation_external_id on reservation (external_id, hotel_id) where external_id is not null;
create unique index reservation_external_id_live_key on reservation (hotel_id, coalesce(source, ''), external_id)
  where external_id is not null and delete_time is null;
