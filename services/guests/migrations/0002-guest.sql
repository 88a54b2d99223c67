create extension if not exists pg_trgm;

create table guest (
  hotel_id uuid not null,
  id uuid not null,
  first_name varchar(255) not null,
  last_name varchar(255),
  email varchar(254),
  phone varchar(32),
  version int not null default 1,
  create_time timestamptz not null,
  update_time timestamptz not null,
  delete_time timestamptz,
  updated_by text not null,
  -- When a deletion began that the reservations service has not yet decided; no change of the guest for its readers.
  retiring_time timestamptz,
  retiring_by text,
  -- What ListGuests searches.
  search text not null generated always as (lower(
    first_name || ' ' || coalesce(last_name, '') || ' ' || coalesce(email, '') || ' ' || coalesce(phone, ''))) stored,
  primary key (hotel_id, id)
);
create index guest_id on guest (id);
create index guest_order on guest
  ((last_name is null), (coalesce(last_name, '')) collate "und-x-icu", first_name collate "und-x-icu", id);
create index guest_order_in_hotel on guest
  (hotel_id, (last_name is null), (coalesce(last_name, '')) collate "und-x-icu", first_name collate "und-x-icu", id);
create index guest_search on guest using gin (search gin_trgm_ops);
create index guest_retiring on guest (retiring_time) where retiring_time is not null;

-- Hotels that the rooms service has confirmed. The default one exists everywhere.
create table known_hotel (
  hotel_id uuid primary key
);
insert into known_hotel values ('00000000-0000-7000-8000-000000000001');
