-- Whether this server knows a time zone. It can have known one that it does not know any more: its files are another
-- package's. Looked up as a time is read, without the list of all zones, for which the server reads every file. The names
-- that a location may have are UTC and those of several parts; others could be words of a time, as BC.
create or replace function knows_time_zone(zone text) returns boolean
language sql stable as $$
  select zone = 'UTC' or (zone like '%/%' and pg_input_is_valid('2000-01-01 00:00 ' || zone, 'timestamptz'))
$$;

-- The date of a location at an instant, by its own calendar; by that of UTC while this server does not know its time
-- zone, so that one location spoils no list of others.
create or replace function location_date(zone text, at timestamptz) returns date
language sql stable as $$ select (at at time zone case when knows_time_zone(zone) then zone else 'UTC' end)::date $$;
