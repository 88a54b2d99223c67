/** Which claims of a token say what. Issuers differ: RFC 9068 has `scope`, Entra ID `scp` and `roles`. */
export type ClaimNames = {
  /** Those that name scopes; what they name counts together. */
  readonly scopes: readonly string[]
  readonly hotels: string
  readonly tier: string
}

export const DEFAULT_CLAIMS: ClaimNames = { scopes: ['scope', 'scp', 'roles'], hotels: 'hotels', tier: 'tier' }

/** Whether text can be the name of a claim, also as an address (`https://hotel.example/hotels`) or a path (`realm_access.roles`). */
export function isClaimName(text: string): boolean {
  return /^[\w.:/@~-]{1,200}$/.test(text)
}

/**
 * The value of the claim of this name; undefined when there is none, or null. A name with dots is one name first, as in
 * `https://hotel.example/hotels`, and then a path into objects, as in `realm_access.roles`.
 */
export function claimOf(payload: object, name: string): unknown {
  return memberOf(payload, [name]) ?? memberOf(payload, name.split('.')) ?? undefined
}

function memberOf(payload: object, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, part) => (isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined),
    payload,
  )
}

/** The words of a claim that is text with spaces between them, or a list of such texts; undefined when it is neither. */
export function wordsOf(claim: unknown): readonly string[] | undefined {
  const texts = claim === undefined ? [] : [claim].flat()
  if (!texts.every((text) => typeof text === 'string')) return undefined
  return texts.flatMap((text) => text.split(/\s+/)).filter((word) => word !== '')
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
