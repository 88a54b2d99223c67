create extension if not exists pg_trgm;

-- What reservations are found by of their guests' names, as names are compared. Those of the guests that are there follow.
alter table guest add column search text not null default '';
create index guest_search on guest using gin (search gin_trgm_ops);

create function fill_guest_search() returns trigger
language plpgsql set search_path from current as $$
begin
  new.search := folded(new.first_name || ' ' || coalesce(new.last_name, ''));
  return new;
end $$;
create trigger guest_search_filled before insert or update of first_name, last_name, search on guest
  for each row execute function fill_guest_search();
-- As a generated column is filled: whatever the session does without triggers.
alter table guest enable always trigger guest_search_filled;
