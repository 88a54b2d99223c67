/**
 * The SQL that digests the parts of a schema that each migration makes again (functions, triggers, views, privileges), and which
 * migrations the schema has had, as one row with one column `state`. Run it with no schema in the search path: then names are
 * written in full.
 */
export function stateOf(schema: string): string {
  return `select encode(sha256(convert_to(string_agg(line, ' ' order by line collate "C"), 'UTF8')), 'hex') as state from (
      select concat_ws(' ', pg_get_functiondef(p.oid), p.proowner::regrole, p.proacl) as line
      from pg_proc p join pg_language l on l.oid = p.prolang
      where p.pronamespace = '${schema}'::regnamespace and p.prokind <> 'a' and l.lanname in ('sql', 'plpgsql')
      union all
      select concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled)
      from pg_trigger t join pg_class c on c.oid = t.tgrelid
      where c.relnamespace = '${schema}'::regnamespace and not t.tgisinternal
      union all
      select concat_ws(' ', c.relname, c.relkind, c.relowner::regrole, c.relacl, c.relrowsecurity,
        case c.relkind when 'v' then pg_get_viewdef(c.oid) end)
      from pg_class c where c.relnamespace = '${schema}'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S')
      union all
      select concat_ws(' ', c.relname, a.attname, a.attacl)
      from pg_attribute a join pg_class c on c.oid = a.attrelid
      where c.relnamespace = '${schema}'::regnamespace and a.attacl is not null
      union all
      select concat_ws(' ', n.nspname, n.nspowner::regrole, n.nspacl) from pg_namespace n where n.nspname = '${schema}'
      union all
      select name from ${schema}.migration
    ) lines`
}

/** The comment of a schema whose migration was made of these inputs and has left this state; both are hexadecimal. */
export function markOf(inputs: string, state: string): string {
  return `migrated ${inputs} ${state}`
}
