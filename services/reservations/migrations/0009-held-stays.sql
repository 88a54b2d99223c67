-- When a location's last hold lapsed decides which pages of its stays may be kept.
create index current_and_upcoming_hold on current_and_upcoming (hotel_id, location_id, hold_until) where hold_until is not null;
