-- A list of few among many: what is of one location or status is found without reading all reservations of the hotel.
create index reservation_order_in_location on reservation (hotel_id, location_id, in_date desc, id desc);
create index reservation_order_in_status on reservation (hotel_id, status, in_date desc, id desc);
