import type { Outcome } from '@hotel/proto/hotel/transfer/v1/transfer'
import type { CallContext } from 'nice-grpc'
import { isVisible } from '../access/hotels.ts'
import { Invalid, type Rule } from '../call/valid.ts'
import { isId } from '../errors/id.ts'
import { alreadyExists, type FieldViolation, invalidFields, Refusal } from '../errors/refusal.ts'
import type { Write, Writer } from '../resource/write.ts'
import type { Scope } from '../resource/write-scope.ts'
import { claimIds, releaseIds } from './claimed-ids.ts'
import { differences, existingRows, type ImportRow, overwriteRow } from './stored-rows.ts'
import { ALREADY_THERE, CREATED, type Importing, refused } from './transfer.ts'

/** How the rows of one table are imported. */
export type ImportPlan<Message, Row extends ImportRow> = {
  readonly table: string
  /** The hotel of each message, or why it has none. */
  hotels(messages: readonly Message[], call: CallContext): Promise<(string | Refusal)[]>
  /** The row of a message; throws the Refusal of what is wrong in itself. */
  row(message: Message, hotel: string): Row
  /** What a write of the row is about; the hotel unless given. */
  scope?(hotel: string): Scope
  /** Stores new rows of one hotel, in their order; gives the Refusal of each that is not stored. */
  store(write: Write, rows: readonly Row[]): Promise<ReadonlyMap<Row, Refusal>>
  /** A row as it is at a moment, one that is given or one that is there; as it says unless this is given. */
  asOf?<Any extends Row | Record<string, unknown>>(row: Any, now: Date): Any
  /** Stores what a batch that is only validated assumes of a hotel. */
  assume?(write: Write, hotel: string): Promise<void>
  /** Whether a row that is there, and is nobody's work, takes the content of the imported one. */
  givesWay?(existing: Record<string, unknown>): boolean
}

/**
 * Imports a batch: one transaction for each hotel, in which every row is stored whole, is there already, or is refused. What
 * can be told before its turn is told then.
 */
export async function importRows<Message, Row extends ImportRow>(
  writer: Writer,
  plan: ImportPlan<Message, Row>,
  messages: Message[],
  { call, turn, assumed }: Importing,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  const byHotel = new Map<string, { place: number; row: Row }[]>()
  for (const [place, hotel] of (await plan.hotels(messages, call)).entries()) {
    const row = rowOf(plan, messages[place] as Message, hotel)
    if (row instanceof Refusal) {
      outcomes[place] = refused(row)
      continue
    }
    const placed = byHotel.get(row.hotel_id)
    if (placed === undefined) byHotel.set(row.hotel_id, [{ place, row }])
    else placed.push({ place, row })
  }
  await turn()
  for (const [hotel, placed] of byHotel) {
    const scope = plan.scope?.(hotel) ?? { hotel }
    const rows = placed.map(({ row }) => row)
    const stored = await orElseValidated(
      writer.write(call, 'Import', {}, scope, {
        async apply(write) {
          if (assumed !== undefined) await plan.assume?.(write, hotel)
          const answer = await storeNew(write, plan, rows)
          if (assumed !== undefined) throw new OnlyValidated(answer)
          return () => answer
        },
      }),
    )
    for (const [index, { place }] of placed.entries()) outcomes[place] = stored[index] as Outcome
  }
  return outcomes
}

/** Thrown to have what was only to be validated rolled back, with what it came to. */
class OnlyValidated extends Error {
  readonly outcomes: Outcome[]

  constructor(outcomes: Outcome[]) {
    super('a batch is only validated')
    this.outcomes = outcomes
  }
}

async function orElseValidated(stored: Promise<Outcome[]>): Promise<Outcome[]> {
  try {
    return await stored
  } catch (error) {
    if (error instanceof OnlyValidated) return error.outcomes
    throw error
  }
}

function rowOf<Message, Row extends ImportRow>(
  plan: ImportPlan<Message, Row>,
  message: Message,
  hotel: string | Refusal,
): Row | Refusal {
  if (hotel instanceof Refusal) return hotel
  try {
    return plan.row(message, hotel)
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}

async function storeNew<Message, Row extends ImportRow>(
  write: Write,
  plan: ImportPlan<Message, Row>,
  given: readonly Row[],
): Promise<Outcome[]> {
  const asOf = <Any extends Row | Record<string, unknown>>(row: Any) => plan.asOf?.(row, write.now) ?? row
  const rows = given.map(asOf)
  const known = await existingRows(write.em, plan.table, rows)
  const decided = new Map<Row, Outcome>()
  const first = new Map<string, Row>()
  for (const row of rows) {
    const there = known.get(row.id)
    if (there !== undefined) decided.set(row, await meet(write, plan, row, asOf(there)))
    else if (!first.has(row.id)) first.set(row.id, row)
  }
  const fresh = [...first.values()]
  const ofOthers = await claimIds(write.em, plan.table, fresh)
  const taken = fresh.filter(({ id }) => ofOthers.has(id))
  const wrong = new Map<Row, Refusal>([
    ...fresh.flatMap((row) => wrongTimes(row, write.now)),
    ...taken.map((row) => [row, idTaken(row.id, ['hotel'])] as const),
  ])
  const stored = await plan.store(
    write,
    fresh.filter((row) => !wrong.has(row)),
  )
  const refusals = new Map([...stored, ...wrong])
  await releaseIds(write.em, plan.table, [...refusals.keys()])
  return rows.map((row) => {
    const ahead = first.get(row.id)
    if (ahead === undefined) return decided.get(row) as Outcome
    const refusal = refusals.get(ahead)
    if (ahead === row) return refusal === undefined ? CREATED : refused(refusal)
    // The same id again in one batch: the first decides.
    const differing = differences(row, ahead)
    if (differing.length > 0) return refused(idTaken(row.id, differing))
    return refusal === undefined ? ALREADY_THERE : refused(refusal)
  })
}

async function meet<Message, Row extends ImportRow>(
  write: Write,
  plan: ImportPlan<Message, Row>,
  row: Row,
  there: Record<string, unknown>,
): Promise<Outcome> {
  // Ids are unique among all hotels: that this one is there has to be said, but nothing of what it is there.
  if (!isVisible(String(there.hotel_id))) return refused(idTaken(row.id, ['hotel']))
  const differing = differences(row, there)
  if (differing.length === 0) return ALREADY_THERE
  if (plan.givesWay?.(there) !== true || row.delete_time !== null) return refused(idTaken(row.id, differing))
  await overwriteRow(write, plan.table, row)
  return CREATED
}

function idTaken(id: string, fields: string[]): Refusal {
  const names = fields.join(',')
  const message = `${id} exists with other content (${names}): change it by the API, or give the line another id`
  return alreadyExists('ID_TAKEN', message, { id, fields: names })
}

function wrongTimes<Row extends ImportRow>(row: Row, now: Date): [Row, Refusal][] {
  const { create_time, delete_time } = row
  const violations: FieldViolation[] = []
  if (create_time !== undefined && create_time > now)
    violations.push({ field: 'create_time', description: 'is in the future' })
  if (delete_time !== null && delete_time > now)
    violations.push({ field: 'delete_time', description: 'is in the future' })
  if (create_time !== undefined && delete_time !== null && delete_time < create_time)
    violations.push({ field: 'delete_time', description: 'is before create_time' })
  return violations.length === 0 ? [] : [[row, invalidFields(violations)]]
}

/** The rules of what every imported resource has besides the fields that callers of the API give. */
export const importFields = {
  id: ((value) => {
    if (typeof value !== 'string' || !isId(value)) throw new Invalid('is not an id: give its 36 lower-case characters')
    return value
  }) satisfies Rule<string>,
  create_time: (value: unknown) => pastTime(value) ?? undefined,
  delete_time: pastTime,
}

/** A time that may be absent: null then. That it is not in the future is asked in the write, which knows the time. */
export function pastTime(value: unknown): Date | null {
  if (value === undefined) return null
  if ((value as Date).getUTCFullYear() < 1900) throw new Invalid('is before 1900')
  return value as Date
}
