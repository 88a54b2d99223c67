-- What has changed since a moment, in the order of the changes.
create index reservation_update on reservation (hotel_id, location_id, update_time, id);
