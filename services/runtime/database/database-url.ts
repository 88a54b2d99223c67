import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { optionalText, readEnv, text } from '../env.ts'

/** Modes of libpq that encrypt; all of them check the server here, as `verify-full` does: its certificate and its name. */
const ENCRYPTED = new Set(['require', 'verify-ca', 'verify-full'])
const PARAMETERS = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey']
const PLAINTEXT = 'DATABASE_ALLOW_PLAINTEXT'

/**
 * Reads the URL of a database from a variable. A server on another machine is reached by TLS only, unless
 * DATABASE_ALLOW_PLAINTEXT is `true`. Throws an Error that names the variable and the remedy, and no part of the URL.
 */
export function readDatabaseUrl(env: NodeJS.ProcessEnv, variable = 'DATABASE_URL'): string {
  const { url, plaintext } = readEnv(env, { url: [variable, text], plaintext: [PLAINTEXT, isAllowed] })
  try {
    return encryptedUrl(url, plaintext)
  } catch (error) {
    throw new Error(`${variable} ${(error as Error).message}`)
  }
}

/** The same for a URL that was given: with the mode that it stands for written into it. Throws what is wrong with it. */
export function encryptedUrl(text: string, plaintext: boolean): string {
  const url = URL.parse(text)
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol))
    throw new Error('is no postgresql:// URL: give postgresql://user:password@host:port/database')
  const { searchParams } = url
  if (searchParams.has('host') || searchParams.has('ssl'))
    throw new Error('has the parameter `host` or `ssl`: name the host before the path, and say `sslmode`')
  const isRemote = !isLocal(url)
  const mode = searchParams.get('sslmode') ?? (isRemote && !plaintext ? 'verify-full' : 'disable')
  if (mode !== 'disable' && !ENCRYPTED.has(mode))
    throw new Error('has an sslmode that may do without encryption: give sslmode=verify-full, or disable')
  if (mode === 'disable' && isRemote && !plaintext)
    throw new Error(
      `has sslmode=disable, and its server is on another machine: give sslmode=verify-full, or set ${PLAINTEXT}=true where the network is trusted`,
    )
  searchParams.set('sslmode', mode)
  // So that a file that is missing is told at once.
  connectionOf(url.href)
  return url.href
}

/** What `pg` connects by: the URL without what is said about TLS, and that. Throws when a file can not be read. */
export function connectionOf(url: string): { connectionString: string; ssl: ConnectionOptions | false } {
  const bare = new URL(url)
  const given = Object.fromEntries(PARAMETERS.map((name) => [name, bare.searchParams.get(name) ?? undefined]))
  for (const name of PARAMETERS) bare.searchParams.delete(name)
  const connectionString = bare.href
  if (!ENCRYPTED.has(given.sslmode ?? 'disable')) return { connectionString, ssl: false }
  const host = bare.hostname.replace(/^\[(.+)\]$/, '$1')
  const file = (name: string) => (given[name] === undefined ? undefined : readFile(name, given[name]))
  const ca = given.sslrootcert === 'system' ? undefined : file('sslrootcert')
  const [cert, key] = [file('sslcert'), file('sslkey')]
  return {
    connectionString,
    ssl: {
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      // `pg` tells Node the name of the server, but not its address, which Node would then take for `localhost`.
      ...(isIP(host) !== 0 && { host }),
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
    },
  }
}

function isLocal({ hostname }: URL): boolean {
  const host = decodeURIComponent(hostname)
  return host === '' || host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host) || host.startsWith('/')
}

function readFile(parameter: string, name: string): string {
  try {
    return readFileSync(name, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Error(
      `names a file ${name} by ${parameter} that can not be read (${code}): name one that this user may read`,
    )
  }
}

function isAllowed(value: string | undefined): boolean {
  const given = optionalText(value)
  if (given !== undefined && given !== 'true' && given !== 'false') throw new Error('is neither `true` nor `false`')
  return given === 'true'
}
