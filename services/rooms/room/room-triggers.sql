create or replace trigger hotel_created after insert on hotel
  referencing new table as new_rows for each statement execute function record_changes();
create or replace trigger hotel_updated after update on hotel
  referencing new table as new_rows old table as old_rows for each statement execute function record_changes();
create or replace trigger location_created after insert on location
  referencing new table as new_rows for each statement execute function record_changes();
create or replace trigger location_updated after update on location
  referencing new table as new_rows old table as old_rows for each statement execute function record_changes();
create or replace trigger room_created after insert on room
  referencing new table as new_rows for each statement execute function record_changes();
create or replace trigger room_updated after update on room
  referencing new table as new_rows old table as old_rows for each statement execute function record_changes();
create or replace trigger room_type_created after insert on room_type
  referencing new table as new_rows for each statement execute function record_changes();
create or replace trigger room_type_updated after update on room_type
  referencing new table as new_rows old table as old_rows for each statement execute function record_changes();
create or replace trigger employee_created after insert on employee
  referencing new table as new_rows for each statement execute function record_changes();
create or replace trigger employee_updated after update on employee
  referencing new table as new_rows old table as old_rows for each statement execute function record_changes();
