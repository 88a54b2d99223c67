/** How people sign in to the console. */
export type ConsoleSettings = {
  /** The OpenID provider that the console sends people to, if there is one. */
  readonly oidc: OidcSettings | undefined
  /** Whether `npm start` signs a developer in, by a link with a code. */
  readonly developmentSignIn: boolean
}

export type OidcSettings = {
  /** The URL below which `.well-known/openid-configuration` is. */
  readonly issuer: string
  /** The id by which it knows the console. */
  readonly clientId: string
  /** What the console asks it for; all scopes of the API where nothing is said. */
  readonly scopes: readonly string[] | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads CONSOLE_OIDC_ISSUER, CONSOLE_OIDC_CLIENT_ID and CONSOLE_OIDC_SCOPES, and CONSOLE_DEVELOPMENT_SIGN_IN, which only
 * `npm start` sets. Throws naming the variable that is wrong or missing.
 */
export function consoleSettings(env: Environment): ConsoleSettings {
  return Object.freeze({ oidc: oidcFrom(env), developmentSignIn: env.CONSOLE_DEVELOPMENT_SIGN_IN === 'on' })
}

function oidcFrom(env: Environment): OidcSettings | undefined {
  const { CONSOLE_OIDC_ISSUER: issuer, CONSOLE_OIDC_CLIENT_ID: clientId, CONSOLE_OIDC_SCOPES: scopes } = env
  if (!issuer && !clientId && !scopes) return undefined
  if (!issuer)
    throw new Error(
      'CONSOLE_OIDC_ISSUER is not set: give the URL of the OpenID provider, or remove all CONSOLE_OIDC_… settings',
    )
  if (!clientId)
    throw new Error(
      `CONSOLE_OIDC_CLIENT_ID is not set: give the id by which ${issuer} knows the console, or remove all CONSOLE_OIDC_… settings`,
    )
  if (!isIssuer(issuer))
    throw new Error(
      `CONSOLE_OIDC_ISSUER is "${issuer}": give a URL such as https://id.hotel.example/realms/hotel; http:// is for this machine only`,
    )
  if (!/^[\x21-\x7e]{1,255}$/.test(clientId))
    throw new Error(`CONSOLE_OIDC_CLIENT_ID is "${clientId}": give 1 to 255 ASCII characters without blanks`)
  return Object.freeze({ issuer, clientId, scopes: scopes ? scopesFrom(scopes) : undefined })
}

/** A URL without a query or fragment; without TLS only where nobody listens in. https://openid.net/specs/openid-connect-discovery-1_0.html */
function isIssuer(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || url.username !== '' || url.search !== '' || url.hash !== '' || /[\s"';,]/.test(text)) return false
  return (
    url.protocol === 'https:' || (url.protocol === 'http:' && /^(127\.0\.0\.1|localhost|\[::1\])$/.test(url.hostname))
  )
}

/** Scope tokens as RFC 6749 has them, 3.3. */
function scopesFrom(text: string): readonly string[] {
  const scopes = text.split(/[\s,]+/).filter((scope) => scope !== '')
  const wrong = scopes.find((scope) => !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope))
  if (wrong !== undefined)
    throw new Error(`CONSOLE_OIDC_SCOPES has "${wrong}": give scopes such as openid, separated by blanks or commas`)
  return scopes.includes('openid') ? scopes : ['openid', ...scopes]
}
