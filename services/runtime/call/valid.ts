import { type FieldViolation, invalidFields, MOST_VIOLATIONS } from '../errors/refusal.ts'
import { type Constraint, kindOf, mismatch } from '../protos/constraints.ts'

/** Turns a request's field into the narrower type, or throws an Invalid that says the remedy. */
export type Rule<T> = (value: unknown) => T

/** What a rule throws: why the value is refused and what to send instead. */
export class Invalid extends Error {}

type Rules = Record<string, Rule<unknown>>
type Parsed<R extends Rules> = { [K in keyof R]: R[K] extends Rule<infer T> ? T : never }

/**
 * How the fields of a request are parsed: `valid` those of a PUT, `validChanges` those of a PATCH. Fields in `fixed` can not
 * be changed.
 */
export type Parse = <R extends Rules>(request: object, rules: R, fixed?: readonly string[]) => Partial<Parsed<R>>

/** Names that a mask may hold, each counted once: no message has as many fields. */
const MOST_NAMES = 100

/** Parses the fields that have a rule; throws one INVALID_ARGUMENT naming all that are wrong, the first 16. */
export function valid<R extends Rules>(request: object, rules: R): Parsed<R> {
  return parse(request, rules, Object.keys(rules)) as Parsed<R>
}

/**
 * Parses the fields a PATCH changes: those present, or those that `update_mask` names (absent ones are cleared). Fields
 * in `fixed` may be named, and are the caller's to compare.
 * Throws one INVALID_ARGUMENT naming all that are wrong, the first 16.
 */
export function validChanges<R extends Rules>(
  request: object & { update_mask?: string[] | undefined },
  rules: R,
  fixed: readonly string[] = [],
): Partial<Parsed<R>> {
  const mask = request.update_mask
  if (mask === undefined || mask.length === 0) {
    const present = Object.keys(rules).filter((field) => isPresent((request as Record<string, unknown>)[field]))
    return parse(request, rules, present) as Partial<Parsed<R>>
  }
  const named = new Set(mask)
  if (named.size > MOST_NAMES)
    throw invalidFields([{ field: 'update_mask', description: `names more than ${MOST_NAMES} fields: name fewer` }])
  const fields = named.has('*') ? Object.keys(rules) : [...named].filter((field) => !fixed.includes(field))
  return parse(request, rules, fields) as Partial<Parsed<R>>
}

function isPresent(value: unknown): boolean {
  return value !== undefined && !(Array.isArray(value) && value.length === 0)
}

function parse(request: object, rules: Rules, fields: string[]): Record<string, unknown> {
  const violations: FieldViolation[] = nulCharacters(request)
  const parsed: Record<string, unknown> = {}
  for (const field of fields) {
    if (violations.length >= MOST_VIOLATIONS) break
    const rule = Object.hasOwn(rules, field) ? rules[field] : undefined
    if (rule === undefined) {
      violations.push({
        field: 'update_mask',
        description: `"${field}" is not a field that can be changed: name one of ${Object.keys(rules).join(', ')}`,
      })
      continue
    }
    if (violations.some((violation) => violation.field === field)) continue
    try {
      parsed[field] = rule((request as Record<string, unknown>)[field])
    } catch (error) {
      if (!(error instanceof Invalid)) throw error
      violations.push({ field, description: error.message })
    }
  }
  if (violations.length > 0) throw invalidFields(violations)
  return parsed
}

const hasNul = (value: unknown) => typeof value === 'string' && value.includes('\0')

/** PostgreSQL stores no U+0000, and one in an array would fail the whole array. */
export function nulCharacters(request: object): FieldViolation[] {
  const violations: FieldViolation[] = []
  for (const [field, value] of Object.entries(request))
    if (Array.isArray(value) ? value.some(hasNul) : hasNul(value))
      violations.push({ field, description: 'contains the character U+0000: remove it' })
  return violations
}

/** Another rule, for a field without presence, as filters are: empty is absent, and null then. */
export const optional =
  <T>(rule: Rule<T>): Rule<T | null> =>
  (value) =>
    value === undefined || value === '' ? null : rule(value)

/** Another rule, for a field with presence: null when absent; empty is a value, as wrong as any other. */
export const optionalGiven =
  <T>(rule: Rule<T>): Rule<T | null> =>
  (value) =>
    value === undefined ? null : rule(value)

/** A text of a kind of hotel/rules/v1/rules.proto, and what these say of any other. */
export function matching(kind: string): Rule<string> {
  const known = kindOf(kind)
  return (value) => {
    const wrong = mismatch(known, value as string)
    if (wrong !== undefined) throw new Invalid(wrong)
    return value as string
  }
}

/** A whole number within the bounds of a field. */
export const within =
  ({ minimum, maximum }: Constraint): Rule<number> =>
  (value) => {
    const number = Number(value)
    if (number < minimum || number > maximum) throw new Invalid(`is not from ${minimum} to ${maximum}`)
    return number
  }

const [dateForm, dateRange = dateForm] = kindOf('calendar_date').patterns

/** A calendar date that exists. */
export const date: Rule<string> = (value) => {
  if (typeof value !== 'string' || value === '') throw new Invalid('is required')
  if (!isDate(value)) throw new Invalid(dateForm.message)
  if (!dateRange.pattern.test(value)) throw new Invalid(dateRange.message)
  return value
}

function isDate(value: string): boolean {
  try {
    return dateForm.pattern.test(value) && Temporal.PlainDate.from(value, { overflow: 'reject' }) !== null
  } catch {
    return false
  }
}

const [moment] = kindOf('moment').patterns

/** A moment as RFC 3339 writes it, of the years that dates are of; the same in UTC. https://www.rfc-editor.org/rfc/rfc3339 */
export const momentText: Rule<string> = (value) => {
  if (typeof value !== 'string' || value === '') throw new Invalid('is required')
  try {
    // In a query a plus sign that is not encoded is a space.
    const text = value.replace(/ (?=\d\d:\d\d$)/, '+')
    if (!moment.pattern.test(text) || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/i.test(text))
      throw new RangeError()
    date(text.slice(0, 10))
    return Temporal.Instant.from(text).toString()
  } catch {
    throw new Invalid(moment.message)
  }
}

/**
 * The end of a range that a list is filtered by, with the name and value of the field that it begins by; null when absent.
 * A day before its begin is refused: no caller means a range of nothing.
 */
export const endOfRange = (begin: string, first: string): Rule<string | null> =>
  optional((value) => {
    const end = date(value)
    // What is wrong with the begin itself is said of that field.
    if (isDate(first) && end < first) throw new Invalid(`is before ${begin}, ${first}: give that day or a later one`)
    return end
  })

/** An id that must be given. That no resource has it is said of the field too: INVALID_ARGUMENT, as the original's 400. */
export const id: Rule<string> = (value) => {
  if (typeof value !== 'string' || value === '') throw new Invalid('is required')
  return anId(value)
}

const anId = matching('id')

/** The filter of a list by an id; null when absent. One that is no id matches nothing, so it is refused. */
export const idFilter: Rule<string | null> = optional(id)
