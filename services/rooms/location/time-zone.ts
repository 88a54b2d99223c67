import { Invalid, type Rule } from '@hotel/runtime/call/valid'
import { type EntityManager, query } from '@hotel/runtime/database/database'
import { constraintOf, kindOf } from '@hotel/runtime/protos/constraints'

const { maxLength } = constraintOf('hotel.rooms.v1.Location.time_zone')
const [form] = kindOf('time_zone').patterns

/**
 * The rule of a request's time zone, looked up before any transaction: PostgreSQL reads its files for it. Absent ones
 * are refused.
 */
export async function timeZoneRule(em: EntityManager, zone: string | undefined): Promise<Rule<string>> {
  return timeZonesRule(em, zone === undefined ? [] : [zone])
}

/** The same of many requests, whose zones are looked up at once: each look reads the files of all zones there are. */
export async function timeZonesRule(em: EntityManager, zones: readonly string[]): Promise<Rule<string>> {
  const possible = [...new Set(zones)].filter((zone) => zone.length <= maxLength && form.pattern.test(zone))
  const existing = await existingOf(em, possible)
  return (value) => {
    if (value === undefined || value === '') throw new Invalid('is required')
    if (!existing.has(value as string)) throw new Invalid(form.message)
    return value as string
  }
}

/** The zones that the server was found to know: some hundred at most. One that its next version no longer knows counts as UTC. */
const known = new Set<string>()

async function existingOf(em: EntityManager, zones: readonly string[]): Promise<ReadonlySet<string>> {
  const unknown = zones.filter((zone) => !known.has(zone))
  if (unknown.length === 0) return known
  const rows = await query<{ zone: string }>(em, 'select zone from existing_time_zones($1) as zone', [unknown])
  for (const { zone } of rows) known.add(zone)
  return known
}
