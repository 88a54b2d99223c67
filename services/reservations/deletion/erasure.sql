-- Takes words about an erased guest, which notes and reasons are, and the numbers under which other systems know the guest's
-- reservations out of the earlier changes of these, and what is kept of the calls that caused them: a repeat of such a call is answered whatever it holds, and its key is
-- known by its digest (a space begins no key). The service itself may not change what the feed holds; by this it can.
create or replace function forget_guest(hotel uuid, erased uuid) returns void
language sql security definer set search_path from current as $$
  update change c set payload = c.payload || '{"note": null, "reason": null, "external_id": null}'
  from erased_guest e
  where e.hotel_id = hotel and e.guest_id = erased
    and c.hotel_id = hotel and c.payload->>'guest_id' = erased::text
    and c.resource = 'reservation'
    and coalesce(c.payload->>'note', c.payload->>'reason', c.payload->>'external_id') is not null;

  update idempotency_key k set request_hash = '', request_digest = null, key = ' ' || encode(sha256(convert_to(k.key, 'UTF8')), 'hex')
  from erased_guest e, change c
  where e.hotel_id = hotel and e.guest_id = erased
    and k.hotel_id = hotel and length(k.request_hash) > 0
    and c.hotel_id = k.change_hotel_id and c.seq = any(coalesce(k.change_seqs, array[k.change_seq]))
    and c.resource = 'reservation' and c.payload->>'guest_id' = erased::text;
$$;
revoke execute on function forget_guest from public;
