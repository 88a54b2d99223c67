-- Copies of what other services own, fed by their change feeds. A row is only ever replaced by a newer version.
create table hotel (
  hotel_id uuid not null,
  id uuid not null,
  name text not null,
  version int not null,
  delete_time timestamptz,
  primary key (hotel_id, id)
);

create table location (
  hotel_id uuid not null,
  id uuid not null,
  name text not null,
  time_zone text not null,
  version int not null,
  delete_time timestamptz,
  primary key (hotel_id, id)
);

create table room (
  hotel_id uuid not null,
  id uuid not null,
  location_id uuid not null,
  number text not null,
  version int not null,
  delete_time timestamptz,
  primary key (hotel_id, id)
);
create index room_id on room (id);

create table guest (
  hotel_id uuid not null,
  id uuid not null,
  first_name text not null,
  last_name text,
  version int not null,
  delete_time timestamptz,
  primary key (hotel_id, id)
);

-- Guests who take no more reservations, decided here before their deletion; a version above this one lifts it.
create table retired_guest (
  hotel_id uuid not null,
  guest_id uuid not null,
  version int not null,
  primary key (hotel_id, guest_id)
);

-- How far each feed is applied.
create table replica_cursor (
  hotel_id uuid not null,
  feed text not null,
  seq bigint not null,
  primary key (hotel_id, feed)
);
create table replica_epoch (
  feed text primary key,
  epoch text not null
);
