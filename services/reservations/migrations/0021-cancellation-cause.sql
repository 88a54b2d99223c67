-- Why a reservation was cancelled, besides the free reason; null of what is live, lapsed, or cancelled without a cause.
alter table reservation add column cause text collate "C";
alter table reservation add constraint reservation_cause check (cause in ('GUEST', 'HOTEL', 'NO_SHOW'));
create index reservation_cause_order on reservation (hotel_id, cause, in_date desc, id desc) where cause is not null;
