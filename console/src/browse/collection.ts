import { type ApiDocument, type Operation, operationOf, resolve, type Schema } from '../api/document.ts'

/** What the document says of a collection's list and of what is in it. */
export type Collection = {
  /** As `guests`, or `arrivals` of a list below `/reservations`. */
  readonly name: string
  /** As `/reservations/arrivals`. */
  readonly path: string
  readonly list: Operation
  /** The property of the answer that has the resources. */
  readonly property: string
  /** Of one resource in the list. */
  readonly fields: Readonly<Record<string, Schema>>
}

/** The collection of an address; undefined when the API has no such list. */
export function collectionAt(document: ApiDocument, path: string): Collection | undefined {
  const list = operationOf(document, 'GET', path)
  const answer = list?.responses?.['200']?.content?.['application/json']?.schema
  if (list === undefined || answer === undefined) return undefined
  const { properties = {} } = resolve(document, answer)
  const found = Object.entries(properties).find(([, schema]) => schema.type === 'array')
  if (found === undefined) return undefined
  const [property, { items = {} }] = found
  const fields = resolve(document, items).properties ?? {}
  return { name: path.split('/').at(-1) ?? '', path, list, property, fields }
}

/** Where the page of one in a list is: a stay is a reservation, a room of the availability is a room. */
export function pageOf({ property }: Collection, row: Readonly<Record<string, unknown>>): string | undefined {
  if (typeof row.id === 'string') return `/${property}/${row.id}`
  if (typeof row.reservation === 'string') return `/reservations/${row.reservation}`
  if (typeof row.room === 'string') return `/rooms/${row.room}`
  return typeof row.room_type === 'string' ? `/room_types/${row.room_type}` : undefined
}

/** What lists show last or not at all, as it says nothing at a glance. */
const quiet = new Set([
  'id',
  'etag',
  'update_time',
  'create_time',
  'reservation',
  'hotel',
  'room_numbers',
  'erase_time',
  'retiring_time',
  'first_name',
  'last_name',
  'hold_until',
  'checkin_datetime',
  'checkout_datetime',
  'external_id',
  'source',
  'confirmation_code',
])
/** What a list shows as soon as one of its rows has it. */
const sometimes = new Set(['delete_time', 'note', 'cause', 'reason'])

/** The columns of a list: the fields that say most, and any new field of the API. */
export function columnsOf(
  { fields, property }: Collection,
  rows: readonly Readonly<Record<string, unknown>>[],
): readonly string[] {
  const used = (field: string) => rows.some((row) => row[field] !== undefined && row[field] !== '')
  const hasName = 'first_name' in fields || 'number' in fields || 'name' in fields || property === 'reservations'
  const naming = new Set(hasName ? ['number', 'name'] : [])
  const isStay = 'reservation' in fields
  return Object.keys(fields).filter((field) => {
    if (naming.has(field)) return false
    // Named by the first column already.
    if (field === 'room' && 'number' in fields && !('rooms' in fields)) return false
    if (field === 'room_type' && property === 'room_types') return false
    if (isStay && (field === 'rooms' || field === 'guest')) return false
    if (!isStay && field === 'room' && 'rooms' in fields) return false
    if (sometimes.has(field)) return used(field)
    return !quiet.has(field)
  })
}

/** The words that name a row in its first column. */
export function rowName({ fields }: Collection, row: Readonly<Record<string, unknown>>): string {
  const full = [row.first_name, row.last_name].filter(Boolean).join(' ')
  const name = 'first_name' in fields ? full : (row.number ?? row.name ?? row.confirmation_code)
  return typeof name === 'string' && name !== '' ? name : String(row.id ?? '').slice(-8)
}
