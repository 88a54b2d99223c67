-- Whether PostgreSQL, which computes every location's date, has the IANA time zone, spelled as it is listed.
-- Names of one part other than UTC are of the tz database's past or of the machine ('localtime', 'Factory').
create or replace function time_zone_exists(zone text) returns boolean
language sql stable strict as $$
  select exists (
    select from pg_timezone_names
    where name = zone and (name = 'UTC' or name like '%/%') and name not like 'posix/%' and name not like 'right/%'
  )
$$;
