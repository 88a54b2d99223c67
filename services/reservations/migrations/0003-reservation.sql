create extension if not exists btree_gist;

create table reservation (
  hotel_id uuid not null,
  id uuid not null,
  location_id uuid not null,
  in_date date not null,
  out_date date not null,
  status text collate "C" not null,
  guest_id uuid not null,
  rooms uuid[] not null,
  note text,
  checkin_datetime timestamptz,
  checkout_datetime timestamptz,
  version int not null default 1,
  create_time timestamptz not null,
  update_time timestamptz not null,
  delete_time timestamptz,
  reason text,
  updated_by text not null,
  primary key (hotel_id, id),
  constraint reservation_dates check (in_date <= out_date),
  constraint reservation_status check (status in ('PENDING', 'CHECKED_IN', 'CHECKED_OUT')),
  constraint reservation_rooms check (cardinality(rooms) > 0)
);
create index reservation_id on reservation (id);
create index reservation_order on reservation (in_date desc, id desc);
create index reservation_order_in_hotel on reservation (hotel_id, in_date desc, id desc);
create index reservation_guest on reservation (hotel_id, guest_id, in_date desc);
create index reservation_room on reservation using gin (rooms);

-- Who has which room on which nights: one row, a leg, for a room and a range of nights [in_date, out_date). A room is
-- never held twice for a night because of the EXCLUDE constraint, and of nothing else.
create table occupancy (
  hotel_id uuid not null,
  holder_id uuid not null,
  room_id uuid not null,
  in_date date not null,
  out_date date not null,
  holder text not null,
  during daterange not null generated always as (daterange(in_date, out_date)) stored,
  primary key (hotel_id, holder_id, room_id, in_date),
  constraint occupancy_holder check (holder in ('RESERVATION', 'BLOCK', 'RETIRED')),
  -- An empty range overlaps nothing; an open end would be no end.
  constraint occupancy_nights check (in_date < out_date and in_date > '-infinity'),
  constraint occupancy_held_once exclude using gist (hotel_id with =, room_id with =, during with &&)
);

-- The view of current and upcoming stays, kept by triggers. It holds every live reservation that leaves yesterday or
-- later, and for a while earlier ones: reads choose by the location's own date.
create table current_and_upcoming (
  hotel_id uuid not null,
  id uuid not null,
  location_id uuid not null,
  in_date date not null,
  out_date date not null,
  status text collate "C" not null,
  guest_id uuid not null,
  first_name text not null,
  last_name text,
  rooms uuid[] not null,
  room_numbers text[] not null,
  checkin_datetime timestamptz,
  checkout_datetime timestamptz,
  primary key (hotel_id, id)
);
create index current_and_upcoming_order on current_and_upcoming (hotel_id, location_id, in_date, status, id);
create index current_and_upcoming_id on current_and_upcoming (id);
create index current_and_upcoming_guest on current_and_upcoming (hotel_id, guest_id);
create index current_and_upcoming_room on current_and_upcoming using gin (rooms);

-- Counts what changed the view of a hotel, so that a page of it can be known to be current.
create table view_head (
  hotel_id uuid primary key,
  seq bigint not null
);
