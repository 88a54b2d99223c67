-- The order of rooms in a search for free ones.
create index room_order on room (location_id, number_order, id);
create index room_order_in_hotel on room (hotel_id, location_id, number_order, id);
