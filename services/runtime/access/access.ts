import { readFileSync } from 'node:fs'
import { Status } from 'nice-grpc'
import { Refusal } from '../errors/refusal.ts'
import type { Logger } from '../process/log.ts'
import { readScopes } from './scopes.ts'
import type { AuthSettings } from './tokens/auth-settings.ts'
import { openKeySet } from './tokens/key-set.ts'
import { type Token, tokenVerifier } from './tokens/token.ts'

/** The tokens and scopes of calls. */
export type Access = {
  /** The caller by a call's `authorization`; throws UNAUTHENTICATED, or PERMISSION_DENIED when it lacks the method's scope. */
  admit(path: string, authorization: readonly (string | Buffer)[]): Promise<Token>
  close(): void
}

/** Opens the access to methods of the suite, by the scopes that the protos declare. */
export async function openAccess(settings: AuthSettings, log: Logger): Promise<Access> {
  const scopes = readScopes(readFileSync(new URL(import.meta.resolve('@hotel/proto/api.binpb'))))
  const keys = await openKeySet(settings, log)
  const verify = tokenVerifier(settings, keys)
  return {
    async admit(path, authorization) {
      const token = await verify(authorization)
      // Reflection, where it is not public, is for everybody with a token.
      if (path.startsWith('/grpc.')) return token
      const scope = scopes.get(path)
      if (scope === undefined) throw new Error(`${path} declares no scope`)
      if (!token.caller.scopes.has(scope)) throw lacking(scope)
      return token
    },
    close: keys.close,
  }
}

function lacking(scope: string): Refusal {
  return new Refusal(Status.PERMISSION_DENIED, 'PERMISSION_DENIED', `the token lacks the scope ${scope}`, { scope })
}
