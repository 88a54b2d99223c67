-- Takes the hotel's feed head for this transaction and gives the time of the write: after that of every write of the
-- hotel before it, as taken once the lock is held. clock_offset is 0 but in tests.
create or replace function begin_write(hotel uuid, clock_offset interval) returns timestamptz
language plpgsql as $$
declare
  last timestamptz;
begin
  select h.time into last from feed_head h where h.hotel_id = hotel for update;
  if not found then
    insert into feed_head (hotel_id) values (hotel) on conflict do nothing;
    select h.time into last from feed_head h where h.hotel_id = hotel for update;
  end if;
  return greatest(clock_timestamp() + clock_offset, last + interval '1 microsecond');
end $$;

-- The same, but fails with lock_not_available when others hold the head for longer than the patience. The other locks of
-- the transaction have the limit of the session.
create or replace function begin_write(hotel uuid, clock_offset interval, patience interval) returns timestamptz
language plpgsql as $$
declare
  usual text := current_setting('lock_timeout');
  now timestamptz;
begin
  perform set_config('lock_timeout', format('%s ms', ceil(extract(epoch from patience) * 1000)), true);
  now := begin_write(hotel, clock_offset);
  perform set_config('lock_timeout', usual, true);
  return now;
end $$;

-- Statement trigger of every resource table: writes one change for each row whose version is new. The transition
-- tables are gathered into an array first, as a distributed engine demands.
create or replace function record_changes() returns trigger
language plpgsql as $$
declare
  changes jsonb[];
  heads int;
begin
  if tg_op = 'INSERT' then
    select array_agg(jsonb_build_object('kind', 'CREATED', 'row', to_jsonb(n)) order by n.hotel_id, n.id)
      into changes from new_rows n;
  else
    -- Only guests have an erase_time; a row is erased once.
    select array_agg(jsonb_build_object('row', to_jsonb(n), 'kind', case
        when to_jsonb(n)->>'erase_time' is not null then 'ERASED'
        when o.delete_time is null and n.delete_time is not null then 'DELETED'
        when o.delete_time is not null and n.delete_time is null then 'UNDELETED'
        else 'UPDATED' end) order by n.hotel_id, n.id)
      into changes
      from new_rows n join old_rows o on o.hotel_id = n.hotel_id and o.id = n.id
      where n.version <> o.version;
  end if;
  if changes is null then
    return null;
  end if;
  with counted as (
    select (c->'row'->>'hotel_id')::uuid as hotel_id, count(*) as n, max((c->'row'->>'update_time')::timestamptz) as time
    from unnest(changes) c group by 1
  ), moved as (
    update feed_head h set seq = h.seq + counted.n, time = greatest(h.time, counted.time)
    from counted where h.hotel_id = counted.hotel_id
    returning h.hotel_id, h.seq - counted.n as base
  )
  insert into change (hotel_id, seq, resource, id, version, kind, actor, time, payload)
  select m.hotel_id, m.base + row_number() over (partition by m.hotel_id order by c.place), tg_table_name,
    (r->>'id')::uuid, (r->>'version')::int, c.change->>'kind', r->>'updated_by', (r->>'update_time')::timestamptz, r
  from unnest(changes) with ordinality as c (change, place), lateral (select c.change->'row' as r) row_of
  join moved m on m.hotel_id = (r->>'hotel_id')::uuid;
  get diagnostics heads = row_count;
  if heads <> cardinality(changes) then
    raise exception 'a write without its hotel''s feed head: call begin_write first' using errcode = 'HR001';
  end if;
  return null;
end $$;
