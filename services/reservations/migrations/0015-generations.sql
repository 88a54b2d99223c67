-- Versions and numbers of a feed are comparable within one numbering only, which a restore of its owner's database
-- changes. Each change of it is a generation; rows are marked with the one that they were said in. Instances of the build
-- before write generation 0, which is right until the first change.
alter table replica_epoch add column generation int not null default 0;
alter table replica_cursor
  add column generation int not null default 0,
  -- The generation in which it was made sure that what earlier ones said is still so.
  add column sure int not null default 0;
alter table hotel add column generation int not null default 0;
alter table location add column generation int not null default 0;
alter table room_type add column generation int not null default 0;
alter table room add column generation int not null default 0;
alter table guest add column generation int not null default 0;
-- Versions and attempts that decisions were taken about.
alter table retired_guest add column generation int not null default 0;
alter table retired_room add column generation int not null default 0;
alter table refused_retirement add column generation int not null default 0;
