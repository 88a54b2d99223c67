-- Which of these are IANA time zones that PostgreSQL, which computes every location's date, has, spelled as they are listed:
-- it reads the files of all zones for it, so a batch asks once. Names of one part other than UTC are of the tz database's
-- past or of the machine ('localtime', 'Factory').
create or replace function existing_time_zones(zones text[]) returns setof text
language sql stable as $$
  select name from pg_timezone_names
  where name = any(zones) and (name = 'UTC' or name like '%/%') and name not like 'posix/%' and name not like 'right/%'
$$;

-- Whether this is one of them.
create or replace function time_zone_exists(zone text) returns boolean
language sql stable strict as $$
  select exists (select from existing_time_zones(array[zone]))
$$;
