import { type EntityManager, query } from '@hotel/runtime/database/database'
import { Invalid, type Rule } from '@hotel/runtime/resource/valid'

/**
 * The rule of a request's time zone, looked up before any transaction: PostgreSQL reads its files for it. Absent ones
 * are refused.
 */
export async function timeZoneRule(em: EntityManager, zone: string | undefined): Promise<Rule<string>> {
  const exists = zone !== undefined && (await timeZoneExists(em, zone))
  return (value) => {
    if (value === undefined || value === '') throw new Invalid('is required')
    if (!exists) throw new Invalid('is not an IANA time zone, as Europe/Zurich or UTC, in this spelling')
    return value as string
  }
}

async function timeZoneExists(em: EntityManager, zone: string): Promise<boolean> {
  if (!/^[A-Za-z0-9_+/-]{1,64}$/.test(zone)) return false
  const [row] = await query<{ exists: boolean }>(em, 'select time_zone_exists($1) as exists', [zone])
  return row?.exists === true
}
