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

-- Limited what the transaction waited for other locks, which take_head does now: no build that was released calls it.
drop function if exists begin_write(uuid, interval, interval, interval);

-- Statement trigger of every resource table: writes one change for each row whose version is new. The transition
-- tables are gathered into arrays first, as a distributed engine demands; in the order of hotels, so that the changes of one
-- follow one another. Feed heads are probed by the keys in an array and not joined: a join that was planned while there were
-- few hotels would go through the heads of all.
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
  -- Of each hotel: how many changes, the place of the first among all, the time of the last, and the number before it.
  written uuid[];
  counts bigint[];
  firsts bigint[];
  lasts timestamptz[];
  bases bigint[];
  number bigint;
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
  -- One by itself, as most are, takes half of the time.
  if cardinality(hotels) = 1 then
    update feed_head h set seq = h.seq + 1, time = greatest(h.time, times[1]) where h.hotel_id = hotels[1]
      returning h.seq into number;
    if not found then
      raise exception 'a write without its hotel''s feed head: call begin_write first' using errcode = 'HR001';
    end if;
    insert into change (hotel_id, seq, resource, id, version, kind, actor, time, payload)
    values (hotels[1], number, tg_table_name, ids[1], versions[1], kinds[1], actors[1], times[1], payloads[1]);
    return null;
  end if;
  select array_agg(c.hotel_id), array_agg(c.n), array_agg(c.first), array_agg(c.time) into written, counts, firsts, lasts
    from (
      select r.hotel_id, count(*) as n, min(r.place) as first, max(r.time) as time
      from unnest(hotels, times) with ordinality as r (hotel_id, time, place) group by 1) c;
  with moved as (
    update feed_head h set seq = h.seq + counts[array_position(written, h.hotel_id)],
      time = greatest(h.time, lasts[array_position(written, h.hotel_id)])
    where h.hotel_id = any(written)
    returning array_position(written, h.hotel_id) as place, h.seq
  )
  select array_agg(m.seq - counts[m.place] - firsts[m.place] + 1 order by m.place) into bases from moved m;
  if cardinality(bases) is distinct from cardinality(written) then
    raise exception 'a write without its hotel''s feed head: call begin_write first' using errcode = 'HR001';
  end if;
  insert into change (hotel_id, seq, resource, id, version, kind, actor, time, payload)
  select r.hotel_id, bases[array_position(written, r.hotel_id)] + r.place, tg_table_name, r.id, r.version, r.kind, r.actor,
    r.time, r.payload
  from unnest(hotels, ids, versions, kinds, actors, times, payloads) with ordinality
      as r (hotel_id, id, version, kind, actor, time, payload, place);
  return null;
end $$;
