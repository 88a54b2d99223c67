-- Rooms and room types whose number or name another live one had already when only case, normal form or accents told the two
-- apart. They keep it; docs/decisions.md.
alter table room add column namesake boolean not null default false;
alter table room_type add column namesake boolean not null default false;
