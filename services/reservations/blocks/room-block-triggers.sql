create or replace trigger room_block_created after insert on room_block
  referencing new table as new_rows for each statement execute function record_changes();
create or replace trigger room_block_updated after update on room_block
  referencing new table as new_rows old table as old_rows for each statement execute function record_changes();
