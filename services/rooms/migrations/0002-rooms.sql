create table hotel (
  hotel_id uuid primary key,
  -- The same: every resource has both columns.
  id uuid not null,
  name varchar(255) not null,
  version int not null default 1,
  create_time timestamptz not null,
  update_time timestamptz not null,
  delete_time timestamptz,
  updated_by text not null,
  constraint hotel_of_itself check (hotel_id = id)
);
create index hotel_order on hotel (name collate "und-x-icu", id);

create table location (
  hotel_id uuid not null constraint location_hotel_fkey references hotel (hotel_id),
  id uuid not null,
  name varchar(255) not null,
  address varchar(255),
  city varchar(255),
  country_code varchar(2),
  time_zone text not null,
  version int not null default 1,
  create_time timestamptz not null,
  update_time timestamptz not null,
  delete_time timestamptz,
  updated_by text not null,
  primary key (hotel_id, id)
);
create index location_id on location (id);
create index location_order on location (name collate "und-x-icu", id);
create index location_order_in_hotel on location (hotel_id, name collate "und-x-icu", id);

-- A text whose order by bytes is the natural order of room numbers: each run of digits loses its leading zeros and is
-- preceded by its length, so that 9 (0019) comes before 10 (00210).
create function natural_order(number text) returns text
language sql immutable strict parallel safe
begin atomic
  select string_agg(coalesce(lpad(length(ltrim(run[1], '0'))::text, 3, '0') || ltrim(run[1], '0'), run[2]), '' order by place)
  from regexp_matches(number collate "C", '([0-9]+)|([^0-9]+)', 'g') with ordinality as runs (run, place);
end;

create table room (
  hotel_id uuid not null,
  id uuid not null,
  location_id uuid not null,
  number varchar(255) not null,
  number_order text collate "C" not null generated always as (natural_order(number)) stored,
  version int not null default 1,
  create_time timestamptz not null,
  update_time timestamptz not null,
  delete_time timestamptz,
  updated_by text not null,
  primary key (hotel_id, id),
  constraint room_location_fkey foreign key (hotel_id, location_id) references location (hotel_id, id)
);
create unique index room_number_live_key on room (hotel_id, location_id, number) where delete_time is null;
create index room_id on room (id);
create index room_order on room (number_order, id);
create index room_order_in_hotel on room (hotel_id, number_order, id);
create index room_order_in_location on room (location_id, number_order, id);
