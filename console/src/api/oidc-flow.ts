import * as oauth from 'oauth4webapi'
import { CALLBACK, CHANNEL, type SignInConfig } from './sign-in.ts'

/**
 * Signs in at the issuer by the authorization code flow with PKCE (RFC 7636), in a window of its own, so that the page keeps
 * what is being done in it. Gives the access token.
 */
export async function signInByOidc({ issuer, clientId, scopes }: NonNullable<SignInConfig['oidc']>): Promise<string> {
  // The window opens at once: later than the click the browser would block it.
  const popup = window.open('about:blank', 'hotel-sign-in', 'width=520,height=680')
  const url = new URL(issuer)
  const loopback = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)
  const options = loopback ? { [oauth.allowInsecureRequests]: true } : {}
  const server = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, options))
  if (server.authorization_endpoint === undefined) throw new Error(`${issuer} names no authorization endpoint`)
  const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()]
  const redirectUri = new URL(CALLBACK, location.origin).href
  const address = new URL(server.authorization_endpoint)
  const wanted = ['openid', ...(typeof scopes === 'string' ? scopes.split(' ') : (scopes ?? []))]
  address.search = new URLSearchParams({
    ...Object.fromEntries(address.searchParams),
    client_id: clientId,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: [...new Set(wanted)].join(' '),
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
  }).toString()
  const returned = comeBack(state)
  if (popup === null) throw new Error('The browser has blocked the window of the sign-in: allow it, and try again.')
  popup.location.href = address.href
  const client: oauth.Client = { client_id: clientId }
  const parameters = oauth.validateAuthResponse(server, client, new URL(await returned), state)
  const answer = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    parameters,
    redirectUri,
    verifier,
    options,
  )
  return (await oauth.processAuthorizationCodeResponse(server, client, answer)).access_token
}

/** The address by which the window of this sign-in comes back: `state` distinguishes it from the window of another tab. */
function comeBack(state: string): Promise<string> {
  const channel = new BroadcastChannel(CHANNEL)
  return new Promise((resolve) => {
    channel.onmessage = ({ data }: MessageEvent<string>) => {
      if (new URL(data).searchParams.get('state') !== state) return
      channel.close()
      resolve(data)
    }
  })
}
