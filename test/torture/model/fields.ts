import type { Json } from '../history/evidence.ts'

/** What is held, by whom: a reservation or a block as a change, a row or an answer shows it. */
export type Fields = {
  readonly id: string
  readonly version: number
  readonly rooms: readonly string[]
  readonly from: string
  readonly until: string
  /** BLOCK of a block. */
  readonly status: string
  readonly guest: string
  /** The note of a reservation, the reason of a block. */
  readonly text: string | null
  /** In milliseconds; null of what is no hold. */
  readonly holdUntil: number | null
  readonly isDeleted: boolean
}

/** Reads the columns of a reservation or a block. */
export function fieldsOfRow(resource: string, row: Json): Fields {
  const isBlock = resource === 'room_block'
  return {
    id: row.id,
    version: row.version,
    rooms: isBlock ? [row.room_id] : row.rooms,
    from: row.in_date,
    until: row.out_date,
    status: isBlock ? 'BLOCK' : row.status,
    guest: isBlock ? '' : row.guest_id,
    text: (isBlock ? row.reason : row.note) ?? null,
    holdUntil: momentOf(row.hold_until),
    isDeleted: row.delete_time !== null,
  }
}

/** Reads a reservation or a block as the API answers it. */
export function fieldsOfAnswer(answer: Json): Fields {
  const isBlock = answer.status === undefined
  return {
    id: answer.id,
    version: versionOf(answer.etag),
    rooms: isBlock ? [answer.room] : (answer.rooms ?? []),
    from: answer.in_date,
    until: answer.out_date,
    status: isBlock ? 'BLOCK' : answer.status,
    guest: isBlock ? '' : answer.guest,
    text: (isBlock ? answer.reason : answer.note) ?? null,
    holdUntil: momentOf(answer.hold_until),
    isDeleted: answer.delete_time !== undefined && answer.delete_time !== null,
  }
}

/** The number of a resource's change in its etag. */
export function versionOf(etag: string): number {
  return Number(/\d+/.exec(etag ?? '')?.[0])
}

function momentOf(text: string | null | undefined): number | null {
  return text === null || text === undefined ? null : new Date(text).getTime()
}

/** Names of the fields in which two differ. */
export function differences(one: Fields, other: Fields): string[] {
  return (Object.keys(one) as (keyof Fields)[]).filter((name) => String(one[name]) !== String(other[name]))
}

/** The day after the last night: day use holds the night of its day. */
export function endOf({ from, until }: Pick<Fields, 'from' | 'until'>): string {
  return until > from ? until : Temporal.PlainDate.from(from).add({ days: 1 }).toString()
}

/** Whether it holds its rooms from its first night to its end. All stays begin on the run's first day or later: who left has no night. */
export function holdsNights({ isDeleted, status }: Fields): boolean {
  return !isDeleted && status !== 'CHECKED_OUT'
}
