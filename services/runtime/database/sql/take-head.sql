-- Takes the hotel's feed head for this transaction, as begin_write does, and gives the time of the write and the number of
-- the hotel's last change. Fails with lock_not_available when others hold the head for longer than patience_ms; what the
-- transaction waits for other locks is limited to rows_ms. clock_offset is in seconds, 0 but in tests.
--
-- Where the transaction is `probing`, its prepared statements are planned once for all values and probe indexes: a plan made
-- while a table was small must not become a scan of it, and the statements of triggers are not planned anew each time.
create or replace function take_head(
  hotel uuid, clock_offset double precision, patience_ms int, rows_ms int, probing boolean
) returns table (now timestamptz, seq bigint)
language plpgsql as $$
begin
  perform set_config('lock_timeout', patience_ms::text, true);
  -- Rounded up to a millisecond, because services keep milliseconds: rounded down, it could be before the time of the last change.
  now := date_trunc('milliseconds', begin_write(hotel, make_interval(secs => clock_offset)) + interval '999 microseconds');
  select h.seq into take_head.seq from feed_head h where h.hotel_id = hotel;
  perform set_config('lock_timeout', rows_ms::text, true), set_config('hotel.write_time', now::text, true);
  if probing then
    perform set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),
      set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true);
  end if;
  return next;
end $$;

-- The time of the write whose transaction this is, as take_head gave it.
create or replace function write_time() returns timestamptz
language sql stable as $$ select current_setting('hotel.write_time')::timestamptz $$;

-- Fails unless as many rows were changed as a write has read.
create or replace function demand_rows(changed bigint, wanted int) returns void
language plpgsql as $$
begin
  if changed <> wanted then
    raise exception '% of the % rows of a write are as it has read them', changed, wanted
      using errcode = 'serialization_failure';
  end if;
end $$;
