import type { GatewaySettings } from '../settings.ts'

/** Each of the two filters for tokens fetches the keys for itself. */
const FETCHES = 2

/**
 * Throws unless the gateway at this host does its work: every service has a replica that answers, and keys that are in a
 * file have been read. An issuer that is away is no reason not to begin: it may come.
 */
export async function assertReady(
  host: string,
  { port, adminPort, auth }: Pick<GatewaySettings, 'port' | 'adminPort' | 'auth'>,
  signal: AbortSignal,
  requestId?: string,
): Promise<void> {
  const headers = requestId === undefined ? {} : { 'x-request-id': requestId }
  const response = await fetch(`http://${host}:${port}/healthz`, { signal, headers })
  await response.body?.cancel()
  if (!response.ok) throw new Error(`/healthz says ${response.status}`)
  await assertKeys({ adminPort, auth }, signal)
}

/** Throws unless the keys that are in a file have been read. */
export async function assertKeys(
  { adminPort, auth }: Pick<GatewaySettings, 'adminPort' | 'auth'>,
  signal: AbortSignal,
): Promise<void> {
  if (!('file' in auth.keys)) return
  const stats = await fetch(`http://127.0.0.1:${adminPort}/stats?filter=jwks_fetch_success`, { signal })
  const [, fetched = '0'] = /jwks_fetch_success: (\d+)/.exec(await stats.text()) ?? []
  if (Number(fetched) < FETCHES) throw new Error(`${auth.keys.file} has no keys that could be read yet`)
}
