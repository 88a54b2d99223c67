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

-- The same, and limits what the transaction waits for other locks under the head.
create or replace function begin_write(hotel uuid, clock_offset interval, patience interval, for_rows interval)
returns timestamptz
language plpgsql as $$
declare
  now timestamptz := begin_write(hotel, clock_offset, patience);
begin
  perform set_config('lock_timeout', format('%s ms', ceil(extract(epoch from for_rows) * 1000)), true);
  return now;
end $$;

-- Statement trigger of every resource table: writes one change for each row whose version is new. The transition
-- tables are gathered into arrays first, as a distributed engine demands; in the order of hotels, so that the changes of one
-- follow one another. Feed heads are probed by their key, however few there were when the plan was made.
create or replace function record_changes() returns trigger
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
declare
  hotels uuid[];
  ids uuid[];
  versions int[];
  kinds text[];
  actors text[];
  times timestamptz[];
  payloads jsonb[];
  heads int;
begin
  if tg_op = 'INSERT' then
    select array_agg(n.hotel_id), array_agg(n.id), array_agg(n.version), array_agg('CREATED'::text), array_agg(n.updated_by),
        array_agg(n.update_time), array_agg(to_jsonb(n))
      into hotels, ids, versions, kinds, actors, times, payloads
      from (select * from new_rows order by hotel_id, id) n;
  else
    select array_agg(c.hotel_id), array_agg(c.id), array_agg(c.version), array_agg(c.kind), array_agg(c.updated_by),
        array_agg(c.update_time), array_agg(c.payload)
      into hotels, ids, versions, kinds, actors, times, payloads
      from (
        select n.hotel_id, n.id, n.version, n.updated_by, n.update_time, payload, case
          -- Only guests have an erase_time; a row is erased once.
          when payload->>'erase_time' is not null then 'ERASED'
          when o.delete_time is null and n.delete_time is not null then 'DELETED'
          when o.delete_time is not null and n.delete_time is null then 'UNDELETED'
          else 'UPDATED' end as kind
        from new_rows n join old_rows o on o.hotel_id = n.hotel_id and o.id = n.id, to_jsonb(n) as payload
        where n.version <> o.version order by n.hotel_id, n.id) c;
  end if;
  if hotels is null then
    return null;
  end if;
  with counted as (
    select r.hotel_id, count(*) as n, min(r.place) as first, max(r.time) as time
    from unnest(hotels, times) with ordinality as r (hotel_id, time, place) group by 1
  ), moved as (
    update feed_head h set seq = h.seq + c.n, time = greatest(h.time, c.time)
    from counted c where h.hotel_id = c.hotel_id
    returning h.hotel_id, h.seq - c.n - c.first + 1 as base
  )
  insert into change (hotel_id, seq, resource, id, version, kind, actor, time, payload)
  select r.hotel_id, m.base + r.place, tg_table_name, r.id, r.version, r.kind, r.actor, r.time, r.payload
  from unnest(hotels, ids, versions, kinds, actors, times, payloads) with ordinality
      as r (hotel_id, id, version, kind, actor, time, payload, place)
    join moved m on m.hotel_id = r.hotel_id;
  get diagnostics heads = row_count;
  if heads <> cardinality(hotels) then
    raise exception 'a write without its hotel''s feed head: call begin_write first' using errcode = 'HR001';
  end if;
  return null;
end $$;
