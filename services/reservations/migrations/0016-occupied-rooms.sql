-- The rooms in which guests are: those of each reservation that is CHECKED_IN, kept by triggers. A leg of occupancy ends with
-- the stay; the guest is there until the check-out. out_date is, as that of a leg, the day after the last night.
create table occupied_room (
  hotel_id uuid not null,
  room_id uuid not null,
  out_date date not null,
  reservation_id uuid not null,
  -- Two guests in one room are refused, but may be there from before.
  primary key (hotel_id, room_id, out_date, reservation_id)
);
