-- Room types and each room's, copies of what the rooms service owns. The replica reads its feed anew under another
-- name (replicas.ts), because changes that came before this were applied without them; its old place is forgotten.
create table room_type (
  hotel_id uuid not null,
  id uuid not null,
  name text not null,
  version int not null,
  delete_time timestamptz,
  primary key (hotel_id, id)
);
create index room_type_id on room_type (id);

alter table room add column room_type_id uuid;
create index room_of_type on room (hotel_id, room_type_id, location_id);

delete from replica_cursor where feed = 'rooms';
delete from replica_epoch where feed = 'rooms';
