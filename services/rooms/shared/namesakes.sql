-- A namesake that is given another number or name, or is restored, has to be unique as others are.
create or replace function end_namesake() returns trigger
language plpgsql as $$
begin
  new.namesake := false;
  return new;
end $$;

create or replace trigger room_namesake_ended before update on room for each row
  when (old.namesake and (new.number <> old.number or (old.delete_time is not null and new.delete_time is null)))
  execute function end_namesake();
create or replace trigger room_type_namesake_ended before update on room_type for each row
  when (old.namesake and (new.name <> old.name or (old.delete_time is not null and new.delete_time is null)))
  execute function end_namesake();

-- Once the one that had the number or name first has it no longer, the next of its namesakes holds it against new ones.
create or replace function succeed_room() returns trigger
language plpgsql as $$
begin
  update room r set namesake = false
  where r.hotel_id = old.hotel_id and r.id = (
    select n.id from room n
    where n.hotel_id = old.hotel_id and n.location_id = old.location_id and folded(n.number) = folded(old.number)
      and n.namesake and n.delete_time is null
    order by n.create_time, n.id limit 1);
  return null;
end $$;

create or replace function succeed_room_type() returns trigger
language plpgsql as $$
begin
  update room_type t set namesake = false
  where t.hotel_id = old.hotel_id and t.id = (
    select n.id from room_type n
    where n.hotel_id = old.hotel_id and folded(n.name) = folded(old.name) and n.namesake and n.delete_time is null
    order by n.create_time, n.id limit 1);
  return null;
end $$;

create or replace trigger room_succeeded after update on room for each row
  when (old.delete_time is null and not old.namesake
    and (new.delete_time is not null or (new.number <> old.number and folded(new.number) <> folded(old.number))))
  execute function succeed_room();
create or replace trigger room_type_succeeded after update on room_type for each row
  when (old.delete_time is null and not old.namesake
    and (new.delete_time is not null or (new.name <> old.name and folded(new.name) <> folded(old.name))))
  execute function succeed_room_type();
