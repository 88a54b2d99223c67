import { access } from 'node:fs/promises'
import path from 'node:path'
import { openIdentity } from '@hotel/runtime/access/tokens/identity'
import { optionalText, readEnv } from '@hotel/runtime/process/env'
import { readConfig } from '@hotel/stack/config'
import { openIssuer } from '@hotel/stack/identity/issuer'
import { transferScopes } from '@hotel/stack/identity/scopes'
import { Problem } from '../stack/setup/problem.mjs'

/** Gives a token that is good now, each time that one is needed. */
export type TokenSource = () => Promise<string>

/** Which token to use, and how to give it. */
export const REMEDY = `give one with the scopes ${transferScopes.join(' and ')} and hotels "*" as HOTEL_TOKEN or --token-file`
const TTL_SECONDS = 3_600

/**
 * The token of the file, which may be renewed meanwhile, or of HOTEL_TOKEN; or else a new one by the development issuer of
 * the data folder. Throws a Problem when there is none of them.
 */
export async function tokenSource(
  tokenFile: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
  { subject, scopes } = { subject: 'transfer', scopes: transferScopes },
): Promise<TokenSource> {
  const { given } = readEnv(env, { given: ['HOTEL_TOKEN', optionalText] })
  if (tokenFile !== undefined) return fromFile(tokenFile)
  if (given !== undefined) return async () => given
  const { dataDir } = readConfig(env)
  await access(path.join(dataDir, 'issuer', 'key.json')).catch(() => {
    throw new Problem(`There is no token, and ${dataDir} has no development issuer to make one: ${REMEDY}.`)
  })
  const issuer = await openIssuer(dataDir)
  const mint = () => issuer.mint({ subject, scopes, hotels: ['*'], ttlSeconds: TTL_SECONDS })
  let token = await mint()
  let mintedAt = Date.now()
  return async () => {
    if (Date.now() - mintedAt > (TTL_SECONDS / 2) * 1_000) [token, mintedAt] = [await mint(), Date.now()]
    return token
  }
}

function fromFile(file: string): TokenSource {
  try {
    return openIdentity(file, { warn: console.warn, info() {} }).token
  } catch (error) {
    throw new Problem(`The token of --token-file cannot be read (${(error as Error).message}): ${REMEDY}.`)
  }
}
