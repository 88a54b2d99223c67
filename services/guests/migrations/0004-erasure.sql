-- Guests whose personal data is erased for good; what an erased one may still hold is said here.
alter table guest
  add column erase_time timestamptz,
  add constraint guest_erased check (erase_time is null or (
    first_name = '[erased]' and last_name is null and email is null and phone is null and delete_time is not null));

-- Erasures asked for and carried out, by ids only: what is unfinished is carried on by any replica of the service, and
-- after a restore from backup the list is replayed. A standing one was carried out before and is never given up.
create table erasure (
  hotel_id uuid not null,
  guest_id uuid not null,
  ask_time timestamptz not null,
  asked_by text not null,
  standing boolean not null default false,
  erase_time timestamptz,
  finish_time timestamptz,
  primary key (hotel_id, guest_id)
);
create index erasure_unfinished on erasure (ask_time) where finish_time is null;
