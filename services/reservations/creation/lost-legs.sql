-- Finds those of some members of a group, by their places in its arrays, that have not got all legs that they have just asked for:
-- gives one row for each of these, in their order, with the legs in the way as hold_rooms gives them; null where there are none,
-- because only another loser was in the way. All of them free the legs that they have got first, and holds that have lapsed are
-- deleted.
create or replace function legs_lost(
  members int[], ids uuid[], hotels uuid[], rooms text[], in_dates date[], out_dates date[], at timestamptz
) returns table (member int, in_the_way jsonb)
language plpgsql
as $$
declare
  -- The days after the last night: day use holds the night of its day.
  untils date[] := array(
    select greatest(m.out_date, m.in_date + 1) from unnest(in_dates, out_dates) with ordinality as m (in_date, out_date, n)
    order by m.n);
  losers int[] := array(
    select m.n from unnest(ids, hotels, rooms) with ordinality as m (id, hotel, rooms, n)
    where m.n = any(members) and cardinality(m.rooms::uuid[]) > (
      select count(*) from occupancy o
      where o.hotel_id = m.hotel and o.holder_id = m.id and o.holder = 'RESERVATION'));
begin
  delete from occupancy o using unnest(ids, hotels) with ordinality as m (id, hotel, n)
  where m.n = any(losers) and o.hotel_id = m.hotel and o.holder_id = m.id and o.holder = 'RESERVATION';
  perform lapse_holds_in_the_way(
      m.hotel, m.rooms::uuid[], array_fill(m.in_date, array[rooms_of.number]), array_fill(m.until, array[rooms_of.number]),
      at)
  from unnest(hotels, rooms, in_dates, untils) with ordinality as m (hotel, rooms, in_date, until, n),
    lateral (select cardinality(m.rooms::uuid[]) as number) rooms_of
  where m.n = any(losers);
  return query
    select m.n::int, legs_in_the_way(
      m.hotel, m.rooms::uuid[], array_fill(m.in_date, array[rooms_of.number]), array_fill(m.until, array[rooms_of.number]))
    from unnest(hotels, rooms, in_dates, untils) with ordinality as m (hotel, rooms, in_date, until, n),
      lateral (select cardinality(m.rooms::uuid[]) as number) rooms_of
    where m.n = any(losers) order by m.n;
end $$;
