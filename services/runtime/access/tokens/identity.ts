import type { Logger } from '../../process/log.ts'
import { openFreshFile } from './fresh-file.ts'

/** As whom a service calls its peers. */
export type Identity = {
  /** A token of its own. */
  token(): Promise<string>
}

/**
 * The identity in a file, which is read again whenever it changes: whoever renews the token replaces the file. Throws when
 * there is no token in it.
 */
export function openIdentity(file: string, log: Pick<Logger, 'warn' | 'info'>): Identity {
  const fresh = opened(file, log)
  return { token: async () => (await fresh.current()).token }
}

function opened(file: string, log: Pick<Logger, 'warn' | 'info'>) {
  try {
    return openFreshFile(file, tokenIn, log)
  } catch (error) {
    throw new Error(`the token file ${file}: ${(error as Error).message}`)
  }
}

function tokenIn(text: string): { readonly token: string } {
  const token = text.trim()
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token))
    throw new Error('does not hold a signed token: write a JWT into it, and nothing else')
  return { token }
}
