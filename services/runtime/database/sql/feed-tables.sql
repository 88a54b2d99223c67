-- The tables that every service's database has: the change feed and the memory of idempotency keys.

-- Identity of the feed's numbering: renewed by a restore from backup, so that cursors of the lost numbers are refused.
create table feed_epoch (
  epoch uuid primary key
);
insert into feed_epoch values (gen_random_uuid());

-- One row a hotel, which each write transaction of the hotel locks first: writers line up here instead of deadlocking,
-- so that numbers are without gap and in commit order.
create table feed_head (
  hotel_id uuid primary key,
  seq bigint not null default 0,
  time timestamptz not null default '-infinity'
) with (fillfactor = 50);

-- Every committed change: the feed, the history and what a repeated idempotent call is answered from.
create table change (
  hotel_id uuid not null,
  seq bigint not null,
  resource text not null,
  id uuid not null,
  version int not null,
  kind text not null,
  actor text not null,
  time timestamptz not null,
  payload jsonb not null,
  primary key (hotel_id, seq)
);
create index change_history on change (hotel_id, resource, id, version);

-- Effects of calls with an idempotency key: change_hotel_id is the hotel whose change was caused, itself another
-- one only when a hotel was created.
create table idempotency_key (
  hotel_id uuid not null,
  caller text not null,
  key text not null,
  method text not null,
  request_hash bytea not null,
  change_hotel_id uuid not null,
  change_seq bigint not null,
  create_time timestamptz not null,
  primary key (hotel_id, caller, key)
);
create index idempotency_key_age on idempotency_key (create_time);
