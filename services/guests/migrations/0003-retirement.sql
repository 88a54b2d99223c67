-- Deletions begun, each with its number: what a decision of the reservations service is about.
alter table guest add column retire_attempt int not null default 0;

-- When the rooms service last said so, and whether the hotel was deleted then.
alter table known_hotel
  add column confirm_time timestamptz not null default '-infinity',
  add column delete_time timestamptz;
