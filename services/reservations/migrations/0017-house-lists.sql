-- Who is in the house, by the day of leaving, whoever overstays first: few of all that were ever there.
create index reservation_in_house on reservation (hotel_id, location_id, out_date, id)
  where status = 'CHECKED_IN' and delete_time is null;
-- Who leaves on a day; who arrives is found by the order of a location's reservations.
create index reservation_departure on reservation (hotel_id, location_id, out_date, id);
