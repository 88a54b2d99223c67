/** What the gateway says of the sign-in. */
export type SignInConfig = {
  readonly oidc: {
    readonly issuer: string
    readonly clientId: string
    readonly scopes?: string | readonly string[]
  } | null
  readonly devSignIn: boolean
  readonly version: string
}

/** Where the window of the issuer comes back to, and by which it reports. */
export const CALLBACK = '/console/sign-in'
export const CHANNEL = 'hotel.oidc'

/** Settings of the sign-in; without an answer only a token can be pasted. */
export async function readConfig(): Promise<SignInConfig> {
  const answer = await fetch('/console/config.json', { headers: { accept: 'application/json' } }).catch(() => undefined)
  if (answer === undefined || !answer.ok) return { oidc: null, devSignIn: false, version: '' }
  return (await answer.json()) as SignInConfig
}

/** Gives the token for the one-time code of a developer's link. */
export async function redeem(code: string): Promise<string> {
  const answer = await fetch('/console/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ code }),
  })
  const body = (await answer.json().catch(() => ({}))) as { token?: string; message?: string }
  if (!answer.ok || body.token === undefined) throw new Error(body.message ?? `HTTP ${answer.status}`)
  return body.token
}

/** In the window that the issuer has sent back: reports to the page that opened it; false when this is no such window. */
export function reportBack(): boolean {
  const parameters = new URLSearchParams(location.search)
  if (location.pathname !== CALLBACK || !parameters.has('state')) return false
  new BroadcastChannel(CHANNEL).postMessage(location.href)
  history.replaceState(null, '', CALLBACK)
  window.close()
  return true
}
