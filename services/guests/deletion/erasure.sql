-- Takes an erased guest's personal data out of its earlier changes, and out of what is kept of the calls that caused them:
-- a repeat of such a call is answered whatever it holds, and its key is known by its digest (a space begins no key).
-- The service itself may not change what the feed holds; by this it can, for a guest that is erased.
create or replace function forget_guest(hotel uuid, erased uuid) returns void
language sql security definer set search_path from current as $$
  update change c set payload = c.payload ||
    '{"first_name": "[erased]", "last_name": null, "email": null, "phone": null, "search": ""}'
  from guest g
  where g.hotel_id = hotel and g.id = erased and g.erase_time is not null
    and c.hotel_id = hotel and c.resource = 'guest' and c.id = erased;

  update idempotency_key k set request_hash = '', request_digest = null, key = ' ' || encode(sha256(convert_to(k.key, 'UTF8')), 'hex')
  from guest g join change c on c.hotel_id = g.hotel_id and c.resource = 'guest' and c.id = g.id
  where g.hotel_id = hotel and g.id = erased and g.erase_time is not null
    and k.change_hotel_id = c.hotel_id and k.change_seq = c.seq and length(k.request_hash) > 0;
$$;
revoke execute on function forget_guest from public;
