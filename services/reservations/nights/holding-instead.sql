-- Takes nights for a group of claims, each instead of what some holders of the hotel have: all of these are freed first, so
-- that reservations can trade rooms. The arrays have one element for each holder that is freed, and one for each leg that is
-- wanted; what has one number is one claim. Each claim, in the order of its number, gets all of its legs, or none, and then
-- its holders keep what they had. It sees what the claims before it have taken and freed. Gives one row a claim, as
-- hold_rooms does.
create or replace function hold_rooms_instead(
  hotel uuid, freeing int[], freed uuid[], freed_kinds text[],
  claims int[], holders uuid[], kinds text[], room_ids uuid[], in_dates date[], out_dates date[], hold_untils timestamptz[],
  at timestamptz
) returns table (claim int, held boolean, in_the_way jsonb)
language plpgsql as $$
declare
  before occupancy[];
  places int[];
  taken int;
begin
  for claim in select distinct c from unnest(freeing || claims) c order by c loop
    with gone as (
      delete from occupancy o using unnest(freeing, freed, freed_kinds) as f (claim, holder_id, kind)
      where f.claim = hold_rooms_instead.claim
        and o.hotel_id = hotel and o.holder_id = f.holder_id and o.holder = f.kind
      returning o.*
    )
    select array_agg(g) into before from gone g;
    places := array_positions(claims, claim);
    taken := 0;
    in_the_way := null;
    for attempt in 1..2 loop
      exit when cardinality(places) = 0;
      insert into occupancy (hotel_id, holder_id, room_id, in_date, out_date, holder, hold_until)
      select hotel, holders[p], room_ids[p], in_dates[p], out_dates[p], kinds[p], hold_untils[p]
      from unnest(places) p order by room_ids[p], in_dates[p]
      on conflict do nothing;
      get diagnostics taken = row_count;
      exit when taken = cardinality(places);
      delete from occupancy o using unnest(places) p
      where o.hotel_id = hotel and o.holder_id = holders[p] and o.room_id = room_ids[p] and o.in_date = in_dates[p]
        and o.holder = kinds[p];
      exit when attempt = 2 or 0 = lapse_holds_in_the_way(
        hotel, array(select room_ids[p] from unnest(places) p), array(select in_dates[p] from unnest(places) p),
        array(select out_dates[p] from unnest(places) p), at);
    end loop;
    held := taken = cardinality(places);
    if not held then
      in_the_way := legs_in_the_way(
        hotel, array(select room_ids[p] from unnest(places) p), array(select in_dates[p] from unnest(places) p),
        array(select out_dates[p] from unnest(places) p));
      insert into occupancy (hotel_id, holder_id, room_id, in_date, out_date, holder, hold_until)
      select b.hotel_id, b.holder_id, b.room_id, b.in_date, b.out_date, b.holder, b.hold_until from unnest(before) b;
    end if;
    return next;
  end loop;
end $$;
