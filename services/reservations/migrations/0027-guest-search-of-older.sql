-- Fills what reservations are found by of the guests that were there before. In small transactions, each under the head of its
-- hotel: writers of the hotel wait for one of them. Begins anew when interrupted.
do $$
declare
  after_hotel uuid := '00000000-0000-0000-0000-000000000000';
  after_guest uuid := '00000000-0000-0000-0000-000000000000';
  next_guest uuid;
  guests uuid[];
begin
  loop
    select g.hotel_id, g.id into after_hotel, next_guest from guest g
    where (g.hotel_id, g.id) > (after_hotel, after_guest) order by g.hotel_id, g.id limit 1;
    exit when not found;
    perform from feed_head h where h.hotel_id = after_hotel for update;
    select array_agg(s.id order by s.id) into guests from (
      select g.id from guest g where g.hotel_id = after_hotel and g.id >= next_guest order by g.id limit 500) s;
    -- The trigger fills it.
    update guest g set search = '' where g.hotel_id = after_hotel and g.id = any(guests) and g.search = '';
    after_guest := guests[cardinality(guests)];
    commit;
  end loop;
end $$;
