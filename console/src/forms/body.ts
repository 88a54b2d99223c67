import type { ApiDocument, Operation, Schema } from '../api/document.ts'
import { fieldsOf } from '../api/document.ts'
import type { FieldValue } from './field.tsx'

export type Values = Readonly<Record<string, FieldValue>>

/** No fields of a form: the one names others, the other goes as a header. */
const notAsked = new Set(['update_mask', 'etag', 'id'])

/** The fields that a form asks for, as the document has them: one that the API gets later is asked for, too. */
export function formFields(document: ApiDocument, operation: Operation | undefined): readonly [string, Schema][] {
  const all = Object.entries(fieldsOf(document, operation))
  // `room` is shorthand for `rooms` with one.
  return all.filter(([name]) => !notAsked.has(name) && !(name === 'room' && all.some(([other]) => other === 'rooms')))
}

/** What a resource has of these fields. */
export function valuesOf(resource: Readonly<Record<string, unknown>>, names: readonly string[]): Values {
  return Object.fromEntries(names.map((name) => [name, resource[name] as FieldValue]))
}

function isEmpty(value: FieldValue): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
}

export function isSame(a: FieldValue, b: FieldValue): boolean {
  return (isEmpty(a) && isEmpty(b)) || JSON.stringify(a) === JSON.stringify(b)
}

/** The body of a creation: what is given. */
export function createBody(values: Values): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => !isEmpty(value) && value !== false))
}

/** The body of a PATCH: what differs, and where something is cleared the mask that says so (AIP-134). */
export function updateBody(original: Values, values: Values): Record<string, unknown> {
  const changed = Object.keys(values).filter((name) => !isSame(values[name], original[name]))
  const set = changed.filter((name) => !isEmpty(values[name]))
  const body = Object.fromEntries(set.map((name) => [name, values[name]]))
  return set.length === changed.length ? body : { ...body, update_mask: changed.join(',') }
}
