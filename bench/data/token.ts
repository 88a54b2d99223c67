import { clientScopes } from '@hotel/stack/identity/scopes'
import type { Stack } from '@hotel/stack/stack'

/** A token for the calls that are measured. */
export function benchToken({ issuer }: Stack): Promise<string> {
  if (issuer === undefined) throw new Error('the stack has no issuer of its own')
  return issuer.mint({ subject: 'bench', scopes: clientScopes, hotels: ['*'], ttlSeconds: 86_400 })
}
