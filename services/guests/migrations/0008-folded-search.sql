-- What ListGuests looks for a word in: the words in small letters, as the build before asks for them, and, where it is another
-- text, as they are compared.
create function search_text(value text) returns text
language sql immutable strict parallel safe
begin atomic
  select case when folded(value) = lower(value) then lower(value) else lower(value) || ' ' || folded(value) end;
end;

create function fill_guest_search() returns trigger
language plpgsql set search_path from current as $$
begin
  new.search := search_text(
    new.first_name || ' ' || coalesce(new.last_name, '') || ' ' || coalesce(new.email, '') || ' ' || coalesce(new.phone, ''));
  return new;
end $$;

-- A column that is generated anew would have the table written anew, while nobody reads it. So it is filled from now on, and
-- the guests that are there follow.
alter table guest alter column search drop expression;
create trigger guest_search_filled before insert or update of first_name, last_name, email, phone, search on guest
  for each row execute function fill_guest_search();
-- As a generated column is filled: whatever the session does without triggers.
alter table guest enable always trigger guest_search_filled;
