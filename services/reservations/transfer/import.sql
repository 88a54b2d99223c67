-- As hold_rooms, for a large group of claims most of which succeed: the outcome is always that of hold_rooms. The
-- conflicting nights are returned with the id of their holder, as [{room, number, in_date, out_date, by, id}], at most 5. Holders have no
-- legs before.
--
-- All legs are taken by one statement, which fails as a whole at the first one that is held. Only then are claims
-- tried one by one: the legs are inserted again in the order of their claims, without those that are held. A claim that
-- lost one has lost, unless it was to a hold whose time has come: that is deleted, and all begin again; or to a claim that
-- lost another leg itself: then they go claim by claim.
--
-- Every statement probes indexes, row by row: a plan made while the tables were small must not become a scan of them.
create or replace function hold_rooms_in_bulk(
  claims int[], hotels uuid[], holders uuid[], kinds text[], room_ids uuid[], in_dates date[], out_dates date[],
  hold_untils timestamptz[], at timestamptz
) returns table (claim int, held boolean, in_the_way jsonb)
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  lost int[];
  -- Those of them that held another leg meanwhile, which may have been in the way of others.
  partly int[];
  lapsed int;
begin
  loop
    begin
      -- Without `on conflict` the constraint is asked once for a leg, and not before and after.
      insert into occupancy (hotel_id, holder_id, room_id, in_date, out_date, holder, hold_until)
      select l.hotel_id, l.holder_id, l.room_id, l.in_date, l.out_date, l.kind, l.hold_until
      from unnest(hotels, holders, kinds, room_ids, in_dates, out_dates, hold_untils)
        as l (hotel_id, holder_id, kind, room_id, in_date, out_date, hold_until)
      order by l.room_id, l.in_date;
      return query select distinct c, true, null::jsonb from unnest(claims) c;
      return;
    exception when exclusion_violation or unique_violation then
      null;
    end;

    insert into occupancy (hotel_id, holder_id, room_id, in_date, out_date, holder, hold_until)
    select l.hotel_id, l.holder_id, l.room_id, l.in_date, l.out_date, l.kind, l.hold_until
    from unnest(claims, hotels, holders, kinds, room_ids, in_dates, out_dates, hold_untils)
      as l (claim, hotel_id, holder_id, kind, room_id, in_date, out_date, hold_until)
    order by l.claim, l.room_id, l.in_date
    on conflict do nothing;
    select coalesce(array_agg(w.claim), '{}'), coalesce(array_agg(w.claim) filter (where got.legs > 0), '{}')
      into lost, partly
    from (
      select l.claim, l.hotel_id, l.holder_id, l.kind, count(*) as legs
      from unnest(claims, hotels, holders, kinds) as l (claim, hotel_id, holder_id, kind) group by 1, 2, 3, 4
    ) w cross join lateral (
      select count(*) as legs from occupancy o
      where o.hotel_id = w.hotel_id and o.holder_id = w.holder_id and o.holder = w.kind
    ) got
    where got.legs < w.legs;

    select sum(lapse_holds_in_the_way(h.hotel_id, h.room_ids, h.in_dates, h.out_dates, at)) into lapsed
    from (
      select l.hotel_id, array_agg(l.room_id) as room_ids, array_agg(l.in_date) as in_dates,
        array_agg(l.out_date) as out_dates
      from unnest(claims, hotels, room_ids, in_dates, out_dates) as l (claim, hotel_id, room_id, in_date, out_date)
      where l.claim = any(lost) group by l.hotel_id
    ) h;
    exit when coalesce(lapsed, 0) = 0;
    perform release_rooms(hotels, holders, kinds);
  end loop;

  delete from occupancy o using unnest(claims, hotels, holders, kinds) as l (claim, hotel_id, holder_id, kind)
  where l.claim = any(partly) and o.hotel_id = l.hotel_id and o.holder_id = l.holder_id and o.holder = l.kind;
  if exists (
    select from unnest(claims, hotels, room_ids, in_dates, out_dates) as p (claim, hotel_id, room_id, in_date, out_date)
    join unnest(claims, hotels, room_ids, in_dates, out_dates) as l (claim, hotel_id, room_id, in_date, out_date)
      on l.room_id = p.room_id and l.in_date < p.out_date and l.out_date > p.in_date and l.hotel_id = p.hotel_id
    where p.claim = any(partly) and l.claim = any(lost) and l.claim <> p.claim
  ) then
    perform release_rooms(hotels, holders, kinds);
    select coalesce(array_agg(h.claim), '{}') into lost
    from hold_rooms(claims, hotels, holders, kinds, room_ids, in_dates, out_dates, hold_untils, at) h where not h.held;
  end if;

  return query select distinct c, true, null::jsonb from unnest(claims) c where c <> all(lost);
  return query
    select c, false, jsonb_agg(w.leg order by w.number) filter (where w.leg is not null) from unnest(lost) c left join (
      select l.claim, row_number() over (partition by l.claim order by l.place, o.in_date) as number,
        jsonb_build_object('room', o.room_id, 'number', m.number, 'by', o.holder, 'id', o.holder_id,
          'in_date', greatest(o.in_date, l.in_date), 'out_date', least(o.out_date, l.out_date)) as leg
      from unnest(claims, hotels, room_ids, in_dates, out_dates) with ordinality
        as l (claim, hotel_id, room_id, in_date, out_date, place)
      cross join lateral (
        select p.* from occupancy p
        where p.hotel_id = l.hotel_id and p.room_id = l.room_id and p.during && daterange(l.in_date, l.out_date)
        order by p.in_date limit 5
      ) o
      left join lateral (
        select r.number from room r where r.hotel_id = o.hotel_id and r.id = o.room_id limit 1) m on true
      where l.claim = any(lost)
    ) w on w.claim = c and w.number <= 5
    group by c;
end $$;
