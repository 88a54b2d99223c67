-- A list of a location's stays begins with the location, by its id alone.
create index location_id on location (id);
