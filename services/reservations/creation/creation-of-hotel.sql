-- create_reservations for a group of one hotel, named by itself: where tables are distributed by hotels (docs/scaling.md), the call
-- goes to the server of this one as a whole.
create or replace function create_reservations_of_hotel(
  hotel uuid, ids uuid[], hotels uuid[], guests uuid[], locations uuid[], in_dates date[], out_dates date[], rooms text[],
  types uuid[], counts int[], notes text[], hold_untils timestamptz[], actors text[],
  keys text[], erased_keys text[], hashes bytea[], digests bytea[], clock_offset double precision,
  guests_feed text, rooms_feed text, external_ids text[], sources text[], heads uuid[], patience_ms int
) returns table (member int, outcome text, place uuid, at timestamptz, given uuid[], free int, in_the_way jsonb)
language plpgsql as $$
begin
  return query select * from create_reservations(ids, hotels, guests, locations, in_dates, out_dates, rooms, types, counts, notes,
    hold_untils, actors, keys, erased_keys, hashes, digests, clock_offset, guests_feed, rooms_feed, external_ids, sources, heads,
    patience_ms);
end $$;
