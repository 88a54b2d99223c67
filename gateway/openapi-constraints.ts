import type { DescField } from '@bufbuild/protobuf'
import type { Schema } from './openapi-schemas.ts'

/** A named schema of strings, with a value that keeps to it. */
type StringSchema = Schema & { readonly type: 'string' }

// Classes of characters, spelled out: each dialect of regular expressions has a \s of its own, and few have more. They are
// those of text-rules.ts of the services, but for U+FEFF, which Go takes in no source. Patterns are such that RE2, Java, Python and
// ECMAScript take them as they are: characters beyond \xff stand for themselves, and nothing is counted, which RE2 bounds.
const spaces = '\\t-\\r \\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000'
const unseen =
  '\\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2065\u206a-\u206f\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8'
/** Controls but those between words and lines, and what turns the direction of text. */
const garbling = '\\x01-\\x08\\x0e-\\x1f\\x7f-\\x9f\u202a-\u202e\u2066-\u2069'

/** Something to see between what is not seen, which is trimmed, and nothing that garbles. */
const name = String.raw`[${spaces}${unseen}]*[^\x00${garbling}${spaces}${unseen}][^\x00${garbling}]*`

/** The same of a text from which the services take what garbles others. */
const text = (most: number): StringSchema => ({
  type: 'string',
  description: `1 to ${most} characters, not blank; trimmed, and without control characters but those of lines.`,
  minLength: 1,
  maxLength: most,
  pattern: String.raw`^[${garbling}${spaces}${unseen}]*[^\x00${garbling}${spaces}${unseen}][^\x00]*$`,
})

/**
 * The kinds of strings that the services tell apart, as components of the document. What they check besides, and no schema
 * can say, stands in the description.
 */
export const stringSchemas = {
  Id: {
    type: 'string',
    description: 'A UUID, its 36 lower-case characters.',
    pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
  },
  CalendarDate: {
    type: 'string',
    description: 'A calendar date, YYYY-MM-DD, from 1900-01-01 to 9998-12-31.',
    format: 'date',
    pattern: String.raw`^(19|[2-8]\d|9[0-8])\d\d-\d\d-\d\d$|^99([0-8]\d|9[0-8])-\d\d-\d\d$`,
  },
  Moment: {
    type: 'string',
    description: 'A moment as RFC 3339 writes it, of the years 1900 to 9998.',
    format: 'date-time',
    pattern: String.raw`^(19|[2-8]\d|9[0-8])\d\d-\d\d-\d\d[Tt]|^99([0-8]\d|9[0-8])-\d\d-\d\d[Tt]`,
  },
  Order: {
    type: 'string',
    description: 'A field to order by, with ` desc` behind it for the latest first.',
    pattern: '^(in_date|out_date|update_time)( (asc|desc))?$',
  },
  ConfirmationCode: {
    type: 'string',
    description: '8 letters and digits, never 0, O, 1, I or L.',
    pattern: '^[2-9A-HJKMNP-Za-hjkmnp-z]{8}$',
  },
  ExternalId: text(128),
  Source: text(64),
  Name: {
    type: 'string',
    description:
      '1 to 255 characters, not blank; trimmed. Without control characters, and without those that turn the direction of text.',
    minLength: 1,
    maxLength: 255,
    pattern: `^${name}$`,
  },
  NameIfAny: {
    type: 'string',
    description: '1 to 255 characters; empty where there is none.',
    maxLength: 255,
    pattern: `^(?:${name})?$`,
  },
  Address: text(255),
  Text: text(2000),
  EmailAddress: {
    type: 'string',
    description: 'An e-mail address with a dotted domain.',
    format: 'idn-email',
    maxLength: 254,
  },
  PhoneNumber: {
    type: 'string',
    description:
      'A telephone number in international form, or of the country of the hotel, of a length that its country has; answered as E.164. Spaces and hyphens may be of any kind.',
    format: 'phone-number',
    maxLength: 64,
  },
  CountryCode: { type: 'string', description: 'Two capital letters of ISO 3166-1.', pattern: '^[A-Z]{2}$' },
  TimeZone: {
    type: 'string',
    description: 'A time zone of the IANA database: UTC, or one with an area, as Europe/Zurich.',
    format: 'time-zone',
    pattern: '^(UTC|[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)+)$',
    maxLength: 64,
  },
  /** Whatever no other name fits: the services take any characters but this one. */
  AnyText: { type: 'string', description: 'Any characters but U+0000.', pattern: String.raw`^[^\x00]*$` },
} as const satisfies Readonly<Record<string, StringSchema>>

export type StringSchemaName = keyof typeof stringSchemas

/**
 * What the strings of the API hold, by the name that a field has everywhere (or by its message's too, where it differs
 * there), and an example of it. A field that is not here is told by the end of its name or as a reference to a resource,
 * and else takes any string.
 */
const stringFields: Readonly<Record<string, readonly [schema: StringSchemaName, example: string]>> = {
  id: ['Id', '01980000-0000-7000-8000-00000000002a'],
  first_name: ['Name', 'Ada'],
  // Empty for who has a last name only.
  'Guest.first_name': ['NameIfAny', 'Ada'],
  'Stay.first_name': ['NameIfAny', 'Ada'],
  last_name: ['Name', 'Lovelace'],
  name: ['Name', 'Lakeside'],
  number: ['Name', '101'],
  room_number: ['Name', '101'],
  room_numbers: ['Name', '101'],
  address: ['Address', '12 Quai du Lac'],
  city: ['Name', 'Geneva'],
  country_code: ['CountryCode', 'CH'],
  time_zone: ['TimeZone', 'Europe/Zurich'],
  email: ['EmailAddress', 'ada@example.org'],
  phone: ['PhoneNumber', '+41446681800'],
  note: ['Text', 'Late arrival'],
  reason: ['Text', 'Illness'],
  description: ['Text', 'With a view of the lake'],
  query: ['AnyText', 'lovelace'],
  in_date: ['CalendarDate', '2030-05-01'],
  out_date: ['CalendarDate', '2030-05-04'],
  from: ['CalendarDate', '2030-05-01'],
  to: ['CalendarDate', '2030-05-08'],
  deleted_from: ['CalendarDate', '2030-05-01'],
  deleted_to: ['CalendarDate', '2030-05-08'],
  date: ['CalendarDate', '2030-05-01'],
  arriving_from: ['CalendarDate', '2030-05-01'],
  arriving_to: ['CalendarDate', '2030-05-08'],
  departing_from: ['CalendarDate', '2030-05-01'],
  departing_to: ['CalendarDate', '2030-05-08'],
  updated_since: ['Moment', '2030-05-01T12:00:00Z'],
  external_id: ['ExternalId', '4711-0815'],
  source: ['Source', 'channel'],
  confirmation_code: ['ConfirmationCode', 'K7XQ2M9P'],
  order_by: ['Order', 'in_date desc'],
  night: ['CalendarDate', '2030-05-01'],
  // Empty for the rooms without a type.
  'RoomTypeAvailability.name': ['AnyText', 'Double'],
  // Values of any field, as text.
  'FieldChange.from': ['AnyText', '2030-05-03'],
  'FieldChange.to': ['AnyText', '2030-05-04'],
  field: ['AnyText', 'out_date'],
  actor: ['AnyText', 'anonymous'],
  cursor: ['AnyText', 'MQ'],
  etag: ['AnyText', '"3"'],
  next_page_token: ['AnyText', ''],
}

/** Examples of ids, by the resource; the default hotel and its location exist from the start. */
const exampleIds: Readonly<Record<string, string>> = {
  hotel: '00000000-0000-7000-8000-000000000001',
  location: '00000000-0000-7000-8000-000000000002',
}

/** The schema and, if there is one, the example of a string by its field; `resources` are the names that references have. */
export function stringField(
  { name, parent }: DescField,
  resources: ReadonlySet<string>,
): { schema: StringSchemaName; example?: string } {
  const [schema, example] = stringFields[`${parent.name}.${name}`] ?? stringFields[name] ?? []
  const resource = referredTo(name, resources) ?? (name === 'id' ? snakeCase(parent.name) : undefined)
  const id = exampleIds[resource ?? ''] ?? stringFields.id?.[1] ?? ''
  if (resource !== undefined) return { schema: 'Id', example: id }
  if (schema !== undefined && example !== undefined) return { schema, example }
  if (name.endsWith('_date')) return { schema: 'CalendarDate', example: '2030-05-01' }
  if (name.endsWith('_name')) return { schema: 'Name' }
  return { schema: 'AnyText' }
}

/** The resource that a field's value is the id of: `guest`, `rooms`, or `from_room` with the name at its end. */
function referredTo(name: string, resources: ReadonlySet<string>): string | undefined {
  return [...resources].find((resource) =>
    [resource, `${resource}s`].some((word) => name === word || name.endsWith(`_${word}`)),
  )
}

/** The name that fields give to a message's resource: `room_type` for RoomType. */
export function snakeCase(name: string): string {
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase()
}

/** Bounds of the numbers and lists of requests, by the field's name, with its message's where it differs there. */
const bounds: Readonly<Record<string, Schema>> = {
  // More than a page holds is no mistake: the page is as large as it can be.
  page_size: { minimum: 0 },
  max_guests: { minimum: 1, maximum: 100 },
  room_count: { minimum: 1, maximum: 100 },
  min_lead_days: { minimum: -4_000_000, maximum: 4_000_000 },
  max_lead_days: { minimum: -4_000_000, maximum: 4_000_000 },
  rooms: { maxItems: 100, uniqueItems: true },
  'SwapRoomsRequest.reservations': { minItems: 2, maxItems: 2, uniqueItems: true },
  'SwapRoomsRequest.etags': { maxItems: 2 },
}

/** The bounds of a field in a request; none for most. */
export function boundsOf({ name, parent }: DescField): Schema {
  return bounds[`${parent.name}.${name}`] ?? bounds[name] ?? {}
}

/** Fields that examples go without: a caller seldom sends them, or they belong to a later moment. */
export const leftOutOfExamples = {
  request: new Set([
    ...['etag', 'etags', 'update_mask', 'page_token', 'status', 'hotel', 'location', 'rooms'],
    ...['room_type', 'room_count', 'hold_until'],
  ]),
  answer: new Set(['delete_time', 'reason', 'checkin_datetime', 'checkout_datetime']),
} as const satisfies Readonly<Record<string, ReadonlySet<string>>>
