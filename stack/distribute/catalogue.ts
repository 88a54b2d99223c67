import type { Client } from 'pg'
import type { Program } from './programs.ts'

/** Something that is dropped before the tables are distributed, and made again after them. */
export type Made = { readonly drop: string; readonly make: readonly string[] }

/** Of no extension. */
const OWN = `not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')`

/** All functions of the schema, as they are now. */
export async function programsOf(client: Client, schema: string): Promise<(Program & { readonly id: string })[]> {
  const { rows } = await client.query<Program & { id: string }>(
    `select p.oid::regprocedure::text as id, p.proname as name, pg_get_functiondef(p.oid) as definition, l.lanname as language,
       p.provolatile = 'i' as "isImmutable", p.proretset as "returnsSet", p.prorettype = 'void'::regtype as "returnsNothing"
     from pg_proc p join pg_language l on l.oid = p.prolang
     where p.pronamespace = $1::regnamespace and p.prokind = 'f' and l.lanname in ('sql', 'plpgsql') and ${OWN}
     order by p.oid`,
    [schema],
  )
  return rows
}

/**
 * The views. Citus takes a table, a function of its rows and a view that needs both for a circle: a view goes before the others are
 * touched, and comes last.
 */
export async function viewsOf(client: Client, schema: string): Promise<Made[]> {
  const { rows } = await client.query<Made>(
    `select format('drop view %s', c.oid::regclass) as drop, array[
       format('create view %s as %s', c.oid::regclass, pg_get_viewdef(c.oid)),
       format('alter view %s owner to %I', c.oid::regclass, c.relowner::regrole)] || array(
       select format('grant %s on %s to %I', a.privilege_type, c.oid::regclass, a.grantee::regrole)
       from aclexplode(c.relacl) a where a.grantee <> 0 and a.grantee <> c.relowner) as make
     from pg_class c where c.relnamespace = $1::regnamespace and c.relkind = 'v'`,
    [schema],
  )
  return rows
}

/** The functions whose parameters or results are rows of tables: they can be on a worker only after these. */
export async function functionsOfRows(client: Client, schema: string): Promise<Made[]> {
  const { rows } = await client.query<Made>(
    `select format('drop function %s', p.oid::regprocedure) as drop, array[
       pg_get_functiondef(p.oid), format('alter function %s owner to %I', p.oid::regprocedure, p.proowner::regrole)] as make
     from pg_proc p where p.pronamespace = $1::regnamespace and p.oid in (
       select d.objid from pg_depend d join pg_type t on t.oid = d.refobjid left join pg_type e on e.oid = t.typelem
         join pg_class c on c.oid = greatest(t.typrelid, coalesce(e.typrelid, 0))
       where d.classid = 'pg_proc'::regclass and d.refclassid = 'pg_type'::regclass and c.relnamespace = p.pronamespace)
     order by p.oid`,
    [schema],
  )
  return rows
}

/** The triggers of the schema's tables. */
export async function triggersOf(client: Client, schema: string): Promise<Made[]> {
  const { rows } = await client.query<Made>(
    `select format('drop trigger %I on %s', t.tgname, t.tgrelid::regclass) as drop, array_remove(array[
       pg_get_triggerdef(t.oid),
       case when t.tgenabled = 'A' then format('alter table %s enable always trigger %I', t.tgrelid::regclass, t.tgname) end
     ], null) as make
     from pg_trigger t join pg_class c on c.oid = t.tgrelid
     where not t.tgisinternal and c.relnamespace = $1::regnamespace order by t.oid`,
    [schema],
  )
  return rows
}
