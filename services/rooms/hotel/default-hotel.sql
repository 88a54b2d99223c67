-- The hotel and location that exist from the first migration; does nothing once the hotel is there.
create or replace function create_default_hotel(hotel uuid, location uuid, zone text) returns void
language plpgsql as $$
declare
  now timestamptz := begin_write(hotel, '0');
begin
  if exists (select from hotel h where h.hotel_id = create_default_hotel.hotel) then
    return;
  end if;
  if not time_zone_exists(zone) then
    raise exception 'DEFAULT_TIME_ZONE is "%": give an IANA time zone that PostgreSQL knows, such as Europe/Zurich or UTC', zone
      using errcode = 'HR002';
  end if;
  insert into hotel (hotel_id, id, name, create_time, update_time, updated_by)
  values (hotel, hotel, 'Hotel', now, now, 'system');
  insert into location (hotel_id, id, name, time_zone, create_time, update_time, updated_by)
  values (hotel, location, 'Main', zone, now, now, 'system');
end $$;
