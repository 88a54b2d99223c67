-- The pattern of texts to search that have a word in them, as it is compared, or its first letters.
create or replace function containing(word text, letters int) returns text
language sql immutable strict parallel safe as $$
  select '%' || regexp_replace(left(folded(word), letters), '([\\%_])', '\\\1', 'g') || '%'
$$;
