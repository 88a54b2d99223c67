-- As hold_rooms, for a large group of claims most of which succeed: takes all legs by one statement, and lets only those
-- that lost one go claim by claim. A claim of several legs that lost one was in the way of others while it lasted, so
-- then all of them go claim by claim: the outcome is that of hold_rooms, always. What is in the way is told with the id
-- of its holder, as [{room, number, in_date, out_date, by, id}], at most 5. Holders have no legs before.
create or replace function hold_rooms_in_bulk(
  claims int[], hotels uuid[], holders uuid[], kinds text[], room_ids uuid[], in_dates date[], out_dates date[],
  hold_untils timestamptz[], at timestamptz
) returns table (claim int, held boolean, in_the_way jsonb)
language plpgsql as $$
declare
  again int[];
  won int[];
  lost int[];
begin
  insert into occupancy (hotel_id, holder_id, room_id, in_date, out_date, holder, hold_until)
  select l.hotel_id, l.holder_id, l.room_id, l.in_date, l.out_date, l.kind, l.hold_until
  from unnest(claims, hotels, holders, kinds, room_ids, in_dates, out_dates, hold_untils)
    as l (claim, hotel_id, holder_id, kind, room_id, in_date, out_date, hold_until)
  order by l.claim, l.room_id, l.in_date
  on conflict do nothing;

  with wanted as (
    select l.claim, l.hotel_id, l.holder_id, count(*) as legs
    from unnest(claims, hotels, holders) as l (claim, hotel_id, holder_id) group by 1, 2, 3
  ), lost as (
    select w.claim, w.legs from wanted w
    where w.legs <> (select count(*) from occupancy o where o.hotel_id = w.hotel_id and o.holder_id = w.holder_id)
  )
  select case when max(l.legs) > 1 then (select array_agg(w.claim) from wanted w) else array_agg(l.claim) end
    into again from lost l;

  return query select distinct c, true, null::jsonb from unnest(claims) c where again is null or c <> all(again);
  if again is null then
    return;
  end if;
  delete from occupancy o using unnest(claims, hotels, holders) as l (claim, hotel_id, holder_id)
  where l.claim = any(again) and o.hotel_id = l.hotel_id and o.holder_id = l.holder_id;
  select array_agg(h.claim) filter (where h.held), array_agg(h.claim) filter (where not h.held) into won, lost
    from (
      select array_agg(l.claim order by l.place) as claims, array_agg(l.hotel_id order by l.place) as hotels,
        array_agg(l.holder_id order by l.place) as holders, array_agg(l.kind order by l.place) as kinds,
        array_agg(l.room_id order by l.place) as room_ids, array_agg(l.in_date order by l.place) as in_dates,
        array_agg(l.out_date order by l.place) as out_dates, array_agg(l.hold_until order by l.place) as hold_untils
      from unnest(claims, hotels, holders, kinds, room_ids, in_dates, out_dates, hold_untils) with ordinality
        as l (claim, hotel_id, holder_id, kind, room_id, in_date, out_date, hold_until, place)
      where l.claim = any(again)
    ) a, hold_rooms(a.claims, a.hotels, a.holders, a.kinds, a.room_ids, a.in_dates, a.out_dates, a.hold_untils, at) h;
  return query select c, true, null::jsonb from unnest(won) c;
  return query
    select c, false, jsonb_agg(w.leg order by w.number) from unnest(lost) c left join (
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
      left join room m on m.hotel_id = o.hotel_id and m.id = o.room_id
      where l.claim = any(lost)
    ) w on w.claim = c and w.number <= 5
    group by c;
end $$;
