-- Whose an imported id is. Ids are found without their hotel, so each is of one hotel only; and two hotels' imports wait for
-- no lock of each other. Keyed by the id, and so of no hotel: docs/decisions.md.
create table imported_id (
  id uuid not null,
  resource text not null,
  hotel uuid not null,
  primary key (id, resource)
);
