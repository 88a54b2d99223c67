create or replace trigger guest_created after insert on guest
  referencing new table as new_rows for each statement execute function record_changes();
create or replace trigger guest_updated after update on guest
  referencing new table as new_rows old table as old_rows for each statement execute function record_changes();
