import type { RestAnswer } from '../harness/test-suite.ts'

/** Status, reason and the named fields of a refusal over REST. */
export function refusal({ status, json }: RestAnswer): unknown[] {
  const [{ reason }, badRequest] = json.details
  const violations: { field: string }[] = badRequest?.field_violations ?? []
  return [status, reason, ...violations.map(({ field }) => field).sort()]
}

/** A refusal over REST that names these wrong fields. */
export const invalid = (...fields: string[]) => [400, 'INVALID_FIELD', ...fields.sort()]
