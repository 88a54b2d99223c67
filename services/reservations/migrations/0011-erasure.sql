-- Guests whose personal data is erased here, by ids only.
create table erased_guest (
  hotel_id uuid not null,
  guest_id uuid not null,
  primary key (hotel_id, guest_id)
);

-- Changes with words about a guest in them: few have any, and an erasure finds them by this.
create index change_words on change (hotel_id, (payload->>'guest_id'))
  where resource = 'reservation' and (payload->>'note' is not null or payload->>'reason' is not null);
