import { Status } from 'nice-grpc'
import { RichClientError } from 'nice-grpc-error-details'

/** How a call ended: `OK`, or its code, and whether it says when to repeat. */
export function endOf(result: PromiseSettledResult<unknown>): string {
  if (result.status === 'fulfilled') return 'OK'
  const error: unknown = result.reason
  if (!(error instanceof RichClientError)) return String(error)
  const says = error.extra.some(({ $type }) => $type === 'google.rpc.RetryInfo')
  return `${Status[error.code]}${says ? ' with RetryInfo' : ''}`
}

/** How these calls ended, each end once. */
export async function endsOf(calls: readonly (() => Promise<unknown>)[]): Promise<string[]> {
  return [...new Set((await Promise.allSettled(calls.map((call) => call()))).map(endOf))].sort()
}
