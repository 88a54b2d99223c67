import { randomUUID } from 'node:crypto'
import { chmod, link, mkdir, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { DEVELOPMENT_ISSUER, DEVELOPMENT_KEYS } from '@hotel/runtime/access/tokens/auth-settings'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose'
import { unwritable } from '../setup/problem.mjs'

/** What a token says of who has it. */
export type Claims = {
  readonly subject: string
  readonly scopes: readonly string[]
  /** Ids of hotels, or `*` for every one. */
  readonly hotels: readonly string[]
  readonly tier?: string
  readonly ttlSeconds: number
}

/** The issuer of tokens that is only good for development: its private key lies in the data folder. */
export type Issuer = {
  /** The variables that make a service, or the gateway, accept its tokens. */
  readonly env: Readonly<Record<string, string>>
  /** Where its files are. */
  readonly folder: string
  mint(claims: Claims): Promise<string>
}

const AUDIENCE = 'hotel'

/** Opens the issuer of a data folder, whose key is made if there is none yet. */
export async function openIssuer(dataDir: string): Promise<Issuer> {
  const folder = path.join(dataDir, 'issuer')
  const keyFile = path.join(folder, 'key.json')
  const jwksFile = path.join(folder, 'jwks.json')
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const jwk = (await readKey(keyFile)) ?? (await makeKey(keyFile))
    const key = await importJWK(jwk, 'ES256')
    const { kty, crv, x, y, kid } = jwk
    await replaceFile(jwksFile, JSON.stringify({ keys: [{ kty, crv, x, y, kid, alg: 'ES256', use: 'sig' }] }), 0o644)
    return {
      folder,
      env: { AUTH_ISSUER: DEVELOPMENT_ISSUER, AUTH_AUDIENCE: AUDIENCE, AUTH_JWKS_FILE: jwksFile },
      mint: ({ subject, scopes, hotels, tier, ttlSeconds }) =>
        new SignJWT({
          scope: scopes.join(' '),
          hotels: hotels.includes('*') ? '*' : [...hotels],
          ...(tier === undefined ? {} : { tier }),
        })
          .setProtectedHeader({ alg: 'ES256', kid: kid ?? '', typ: 'at+jwt' })
          .setIssuer(DEVELOPMENT_ISSUER)
          .setAudience(AUDIENCE)
          .setSubject(subject)
          .setIssuedAt()
          .setExpirationTime(Math.floor(Date.now() / 1_000) + ttlSeconds)
          .sign(key),
    }
  } catch (error) {
    throw unwritable(error, 'make it readable and writable for this user, or set DATA_DIR to another folder')
  }
}

/** Writes a file that others may read at any moment: they find the old content or the new one. */
export async function replaceFile(file: string, content: string, mode: number): Promise<void> {
  await rename(await writeBeside(file, content, mode), file)
}

/** Writes to a new file in the same folder, whose name nobody else takes, and gives its path. */
async function writeBeside(file: string, content: string, mode: number): Promise<string> {
  const beside = `${file}.${randomUUID()}`
  await writeFile(beside, content, { mode })
  await chmod(beside, mode)
  return beside
}

async function readKey(file: string): Promise<JWK | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  return text === undefined ? undefined : (JSON.parse(text) as JWK)
}

/** Makes the key, unless another program was first: then that one's. */
async function makeKey(file: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = await exportJWK(privateKey)
  const key = { ...jwk, kid: `${DEVELOPMENT_KEYS}${await calculateJwkThumbprint(jwk)}` }
  const beside = await writeBeside(file, JSON.stringify(key), 0o600)
  try {
    await link(beside, file)
    return key
  } catch (error) {
    const first = (error as NodeJS.ErrnoException).code === 'EEXIST' ? await readKey(file) : undefined
    if (first === undefined) throw error
    return first
  } finally {
    await unlink(beside)
  }
}
