/** A function as the catalogue has it: `pg_get_functiondef`, which begins with `create or replace`. */
export type Program = {
  readonly name: string
  readonly definition: string
  readonly language: string
  readonly isImmutable: boolean
  readonly returnsSet: boolean
  readonly returnsNothing: boolean
}

/** The head of a hotel: rows that are made from it are made on its worker, and not sent there through another connection. */
const ownHead = (hotel: string) => `(select f.hotel_id from feed_head f where f.hotel_id = ${hotel}) own`

/**
 * What the statements of a function say otherwise on Citus, where each is to name its hotel by a value and not by a column of
 * another row: it then goes to one worker as it is. All rows that come to one call are of one hotel there.
 */
const EDITS: Readonly<Record<string, readonly (readonly [from: string, to: string])[]>> = {
  // In a trigger of a shard the table has the shard's number at its end.
  record_changes: [['tg_table_name', "regexp_replace(tg_table_name, '_[0-9]+$', '')"]],
  take_head: [
    ['force_generic_plan', 'force_custom_plan'],
    // As a statement, it is repeated on the worker.
    [
      ", set_config('hotel.write_time', now::text, true);",
      ";\n  execute format('set local hotel.write_time = %L', now);",
    ],
  ],
  create_reservations: [
    ['m.hotel', 'hotels[1]'],
    ['where f.hotel_id = h)', 'where f.hotel_id = heads[1])'],
    [
      'get diagnostics taken_legs = row_count;',
      `select count(*) into taken_legs from occupancy o
      where o.hotel_id = hotels[1] and o.holder = 'RESERVATION' and o.holder_id = any(array(select ids[t] from unnest(todo) t));`,
    ],
  ],
  legs_lost: [['m.hotel', 'hotels[1]']],
  live_with_numbers: [['m.hotel', 'hotels[1]']],
  release_rooms: [['h.hotel_id', 'hotels[1]']],
  hold_rooms: [
    ['select wanted.hotel_id, wanted.holder_id, l.room_id', 'select own.hotel_id, wanted.holder_id, l.room_id'],
    [
      'from unnest(wanted.kinds, wanted.room_ids,',
      `from ${ownHead('wanted.hotel_id')}, unnest(wanted.kinds, wanted.room_ids,`,
    ],
    [
      'get diagnostics taken = row_count;',
      `select count(*) into taken from occupancy o
      where o.hotel_id = wanted.hotel_id and o.holder_id = wanted.holder_id and o.holder = any(wanted.kinds);`,
    ],
  ],
  hold_rooms_instead: [
    ['select hotel, holders[p], room_ids[p]', 'select own.hotel_id, holders[p], room_ids[p]'],
    ['from unnest(places) p order by', `from ${ownHead('hold_rooms_instead.hotel')}, unnest(places) p order by`],
    ['select b.hotel_id, b.holder_id', 'select own.hotel_id, b.holder_id'],
    ['from unnest(before) b;', `from ${ownHead('hold_rooms_instead.hotel')}, unnest(before) b;`],
    ['array_agg(g) into before', 'array_agg(row(g.*)::occupancy) into before'],
    [
      'get diagnostics taken = row_count;',
      `select count(*) into taken from unnest(places) p where exists (
        select from occupancy o
        where o.hotel_id = hold_rooms_instead.hotel and o.holder_id = holders[p] and o.room_id = room_ids[p]
          and o.in_date = in_dates[p] and o.holder = kinds[p]);`,
    ],
  ],
  hold_rooms_in_bulk: [
    ['o.hotel_id = w.hotel_id', 'o.hotel_id = hotels[1]'],
    ['o.hotel_id = l.hotel_id', 'o.hotel_id = hotels[1]'],
    ['p.hotel_id = l.hotel_id', 'p.hotel_id = hotels[1]'],
  ],
  refresh_for_guests: [['c.hotel_id = g.hotel_id', 'c.hotel_id = any(hotels) and c.hotel_id = g.hotel_id']],
  refresh_for_reservations: [['c.hotel_id = r.hotel_id', 'c.hotel_id = hotels[1]']],
  // A row of a shard is of another type than one of the table.
  list_house: [['stay_of(found.r)', 'stay_of(row((found.r).*)::reservation)']],
  keep_occupied_rooms: [['o.hotel_id = w.hotel_id', 'o.hotel_id = hotels[1]']],
}

/** Functions that may ask how many rows a statement has: of an insert with `on conflict`, Citus counts those that were to be inserted. */
const COUNTING = ['what_holds', 'rebuild_current_and_upcoming']

/** Functions whose arrays may have several hotels on plain PostgreSQL: on Citus that is an error, and not a wrong answer. */
const OF_ONE_HOTEL = ['create_reservations', 'legs_lost', 'live_with_numbers', 'release_rooms', 'hold_rooms_in_bulk']

const DEMAND_ONE_HOTEL = `if exists (select from unnest(hotels) other where other <> hotels[1]) then
    raise exception 'a call for several hotels: set CREATE_GROUP_HOTELS to 1, as the tables are distributed' using errcode = 'HR003';
  end if;`

/** The same function for distributed tables; undefined where it is right as it is. */
export function onCitus(program: Program): string | undefined {
  let { definition } = program
  // A plan for all values knows no shard.
  definition = definition.replace(/^ SET plan_cache_mode TO 'force_generic_plan'\n/m, '')
  for (const [from, to] of EDITS[program.name] ?? []) {
    if (definition.includes(to)) continue
    if (!definition.includes(from))
      throw new Error(`the function ${program.name} has no "${from}": bring stack/distribute/programs.ts up to date`)
    definition = definition.replaceAll(from, () => to)
  }
  if (program.language === 'sql' && !program.isImmutable) definition = asProcedural({ ...program, definition })
  if (OF_ONE_HOTEL.includes(program.name)) definition = demandingOneHotel(definition)
  if (/= row_count/i.test(definition) && !COUNTING.includes(program.name))
    throw new Error(
      `the function ${program.name} counts rows by row_count: on Citus it has to read them (stack/distribute/programs.ts)`,
    )
  return definition === program.definition ? undefined : definition
}

const BODY = /AS (\$\w*\$)([\s\S]*)\1\s*$/

/**
 * The parameters of a function in SQL are no values to Citus; those of PL/pgSQL are. Names mean columns first, as they do in SQL.
 */
function asProcedural({ definition, returnsSet, returnsNothing }: Program): string {
  const [all, quote = '', body = ''] = BODY.exec(definition) ?? []
  // One that the catalogue keeps as parsed has no text.
  if (all === undefined) return definition
  const statement = body.trim().replace(/;$/, '')
  const told = returnsNothing ? statement : returnsSet ? `return query ${statement}` : `return (${statement}\n)`
  const procedural = `AS ${quote}\n#variable_conflict use_column\nbegin\n  ${told};\nend ${quote}\n`
  return definition.replace(all, () => procedural).replace(/^ LANGUAGE sql$/m, ' LANGUAGE plpgsql')
}

function demandingOneHotel(definition: string): string {
  if (definition.includes(DEMAND_ONE_HOTEL)) return definition
  return definition.replace(/^begin$/m, () => `begin\n  ${DEMAND_ONE_HOTEL}`)
}
