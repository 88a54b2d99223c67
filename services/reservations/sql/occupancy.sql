-- Frees all nights of the named holders.
create or replace function release_rooms(hotels uuid[], holders uuid[]) returns void
language sql as $$
  delete from occupancy o using unnest(hotels, holders) as h (hotel_id, holder_id)
  where o.hotel_id = h.hotel_id and o.holder_id = h.holder_id
$$;

-- Takes nights for a group of claims: the arrays have one element for each leg, and legs of one claim have its number.
-- Each claim, in the order of its number, gets all of its legs or none, and fails without effect on the others. Gives one
-- row a claim: whether it holds, and otherwise what is in the way, as [{room, in_date, out_date, by}].
-- The EXCLUDE constraint decides (`on conflict` sees it); the query afterwards only explains.
create or replace function hold_rooms(
  claims int[], hotels uuid[], holders uuid[], kinds text[], room_ids uuid[], in_dates date[], out_dates date[]
) returns table (claim int, held boolean, in_the_way jsonb)
language plpgsql as $$
declare
  wanted record;
  taken int;
begin
  for wanted in
    select l.claim, l.hotel_id, l.holder_id, count(*) as legs
    from unnest(claims, hotels, holders) as l (claim, hotel_id, holder_id)
    group by 1, 2, 3 order by 1
  loop
    insert into occupancy (hotel_id, holder_id, room_id, in_date, out_date, holder)
    select l.hotel_id, l.holder_id, l.room_id, l.in_date, l.out_date, l.kind
    from unnest(claims, hotels, holders, kinds, room_ids, in_dates, out_dates)
      as l (claim, hotel_id, holder_id, kind, room_id, in_date, out_date)
    where l.claim = wanted.claim
    order by l.room_id, l.in_date
    on conflict do nothing;
    get diagnostics taken = row_count;
    claim := wanted.claim;
    held := taken = wanted.legs;
    in_the_way := null;
    if not held then
      delete from occupancy o where o.hotel_id = wanted.hotel_id and o.holder_id = wanted.holder_id;
      select jsonb_agg(jsonb_build_object(
          'room', o.room_id, 'by', o.holder,
          'in_date', greatest(o.in_date, l.in_date), 'out_date', least(o.out_date, l.out_date))
          order by l.place, o.in_date)
        into in_the_way
        from unnest(claims, hotels, room_ids, in_dates, out_dates) with ordinality
          as l (claim, hotel_id, room_id, in_date, out_date, place)
        join occupancy o on o.hotel_id = l.hotel_id and o.room_id = l.room_id and o.during && daterange(l.in_date, l.out_date)
        where l.claim = wanted.claim;
    end if;
    return next;
  end loop;
end $$;
