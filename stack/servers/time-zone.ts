import type { Client } from 'pg'
import { Problem } from '../setup/problem.mjs'
import { administer } from './administer.ts'

/** The form of the names that a location may have; the SQL function `time_zone_exists` of rooms says the same. */
const NAME = /^(UTC|(?!posix\/|right\/)[A-Za-z0-9_+-]+(\/[A-Za-z0-9_+-]+)+)$/

/** Throws a Problem unless this is a time zone that a location may have and that the server has. */
export async function demandTimeZone(zone: string, has: (zone: string) => Promise<boolean>): Promise<void> {
  if (NAME.test(zone) && (await has(zone))) return
  throw new Problem(
    `DEFAULT_TIME_ZONE is "${zone}": give an IANA time zone that PostgreSQL knows, such as Europe/Zurich or UTC.`,
  )
}

/** Whether the server at this URL, as an administrator, has a time zone. */
export function hasTimeZone(adminUrl: string, zone: string, signal?: AbortSignal): Promise<boolean> {
  const has = async (client: Client) => {
    const { rowCount } = await client.query('select from pg_timezone_names where name = $1', [zone])
    return rowCount === 1
  }
  return administer(adminUrl, has, signal)
}
