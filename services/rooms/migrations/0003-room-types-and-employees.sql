create table room_type (
  hotel_id uuid not null constraint room_type_hotel_fkey references hotel (hotel_id),
  id uuid not null,
  name varchar(255) not null,
  description varchar(2000),
  max_guests int,
  version int not null default 1,
  create_time timestamptz not null,
  update_time timestamptz not null,
  delete_time timestamptz,
  updated_by text not null,
  primary key (hotel_id, id)
);
create unique index room_type_name_live_key on room_type (hotel_id, lower(name)) where delete_time is null;
create index room_type_id on room_type (id);
create index room_type_order on room_type (name collate "und-x-icu", id);
create index room_type_order_in_hotel on room_type (hotel_id, name collate "und-x-icu", id);

alter table room
  add column room_type_id uuid,
  -- When a deletion began that the reservations service has not yet decided, and its number; no change of the room for
  -- its readers.
  add column retiring_time timestamptz,
  add column retiring_by text,
  add column retire_attempt int not null default 0,
  add constraint room_room_type_fkey foreign key (hotel_id, room_type_id) references room_type (hotel_id, id);
create index room_of_type on room (hotel_id, room_type_id);
create index room_order_in_type on room (room_type_id, number_order, id);
create index room_retiring on room (retiring_time) where retiring_time is not null;

create table employee (
  hotel_id uuid not null,
  id uuid not null,
  location_id uuid not null,
  first_name varchar(255) not null,
  last_name varchar(255),
  email varchar(254) not null,
  role text not null,
  version int not null default 1,
  create_time timestamptz not null,
  update_time timestamptz not null,
  delete_time timestamptz,
  updated_by text not null,
  primary key (hotel_id, id),
  constraint employee_role check (role in ('FRONT_DESK', 'HOUSEKEEPING', 'MANAGER')),
  constraint employee_location_fkey foreign key (hotel_id, location_id) references location (hotel_id, id)
);
create unique index employee_email_live_key on employee (hotel_id, lower(email)) where delete_time is null;
create index employee_id on employee (id);
create index employee_of_location on employee (hotel_id, location_id);
create index employee_order on employee
  ((last_name is null), (coalesce(last_name, '')) collate "und-x-icu", first_name collate "und-x-icu", id);
create index employee_order_in_hotel on employee
  (hotel_id, (last_name is null), (coalesce(last_name, '')) collate "und-x-icu", first_name collate "und-x-icu", id);
