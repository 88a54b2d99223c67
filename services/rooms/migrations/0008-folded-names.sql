-- Numbers and names are unique as they are compared. Writers of rooms and room types wait until what is there is looked
-- through, so that none is made meanwhile that would be in the way.
--
-- The indexes of the build before stay: it knows of no namesakes. A violation of either is read as one of the same name,
-- without the digits at its end.
lock table room, room_type in share row exclusive mode;

update room r set namesake = true
from (
  select hotel_id, id, row_number() over (partition by hotel_id, location_id, folded(number) order by create_time, id) as place
  from room where delete_time is null) n
where n.place > 1 and r.hotel_id = n.hotel_id and r.id = n.id;
create unique index room_number_live_key_2 on room (hotel_id, location_id, folded(number))
  where delete_time is null and not namesake;
create index room_namesake on room (hotel_id, location_id, folded(number)) where namesake;

update room_type t set namesake = true
from (
  select hotel_id, id, row_number() over (partition by hotel_id, folded(name) order by create_time, id) as place
  from room_type where delete_time is null) n
where n.place > 1 and t.hotel_id = n.hotel_id and t.id = n.id;
create unique index room_type_name_live_key_2 on room_type (hotel_id, folded(name))
  where delete_time is null and not namesake;
create index room_type_namesake on room_type (hotel_id, folded(name)) where namesake;
