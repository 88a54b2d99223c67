-- What has changed since a moment, in the order of the changes.
create index reservation_update on reservation (hotel_id, location_id, update_time, id);
-- By the confirmation code, which says the end of an id in other letters.
create index reservation_code on reservation (right(id::text, 10));
