-- Rooms out of order for some nights; their legs are in occupancy.
create table room_block (
  hotel_id uuid not null,
  id uuid not null,
  location_id uuid not null,
  room_id uuid not null,
  in_date date not null,
  out_date date not null,
  reason text,
  version int not null default 1,
  create_time timestamptz not null,
  update_time timestamptz not null,
  delete_time timestamptz,
  updated_by text not null,
  primary key (hotel_id, id),
  constraint room_block_dates check (in_date <= out_date)
);
create index room_block_id on room_block (id);
create index room_block_order on room_block (in_date desc, id desc);
create index room_block_order_in_hotel on room_block (hotel_id, in_date desc, id desc);
create index room_block_room on room_block (hotel_id, room_id, in_date desc);

-- Rooms that take no more reservations, decided here before their deletion: their future is a leg of occupancy, held by
-- the room itself. A live room of a version above this one lifts it.
create table retired_room (
  hotel_id uuid not null,
  room_id uuid not null,
  version int not null,
  primary key (hotel_id, room_id)
);

-- The last attempt to retire a guest or a room that was refused: it and those before it stay refused.
create table refused_retirement (
  hotel_id uuid not null,
  id uuid not null,
  attempt int not null,
  primary key (hotel_id, id)
);

-- Only a retired room is held without an end.
alter table occupancy add constraint occupancy_end check (out_date < 'infinity' or holder = 'RETIRED');
