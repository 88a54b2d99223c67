-- How often the numbering of a feed has changed here (replica-feed.ts); 0 before it was ever followed.
create or replace function replica_generation(of_feed text) returns int
language sql stable as $$
  select coalesce((select e.generation from replica_epoch e where e.feed = of_feed), 0)
$$;

-- Another numbering is another generation, whoever writes it: an instance of the build before does not know of them.
create or replace function begin_generation() returns trigger
language plpgsql as $$
begin
  if new.epoch <> old.epoch then
    new.generation := old.generation + 1;
  end if;
  return new;
end $$;
create or replace trigger replica_epoch_renumbered before update on replica_epoch
  for each row execute function begin_generation();

-- Begins to follow a feed under a numbering, unless another has been begun than the one that the caller knows (null: none).
-- A feed under a new name goes on in the generation of the names that it had before: what stands before the hyphen.
create or replace function renumber_replica(of_feed text, known text, next text) returns void
language plpgsql as $$
begin
  if known is not null then
    update replica_epoch e set epoch = next where e.feed = of_feed and e.epoch = known;
    return;
  end if;
  insert into replica_epoch (feed, epoch, generation)
  select of_feed, next, coalesce(max(e.generation + case when e.epoch = next then 0 else 1 end), 0)
  from replica_epoch e where split_part(e.feed, '-', 1) = split_part(of_feed, '-', 1)
  on conflict do nothing;
end $$;
