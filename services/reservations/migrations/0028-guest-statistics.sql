-- A guest has few reservations, whatever was counted while there were few guests: else a plan of then reads all those of a hotel to find the
-- ones of a guest. Counts from the next analyze on.
alter table current_and_upcoming alter column guest_id set (n_distinct = -0.5);
alter table reservation alter column guest_id set (n_distinct = -0.5);
