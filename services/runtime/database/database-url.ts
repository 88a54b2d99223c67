import { readFileSync } from 'node:fs'
import { type ConnectionOptions, checkServerIdentity, type PeerCertificate } from 'node:tls'
import { addressToCheck } from '../library-patches/pg/address-in-certificate.ts'
import { optionalText, readEnv, text } from '../process/env.ts'
import { addressOf, type Hosts, hostsOf } from './hosts.ts'

/** Modes of libpq that encrypt; all of them check the server here, as `verify-full` does: its certificate and its name. */
const ENCRYPTED = new Set(['require', 'verify-ca', 'verify-full'])
const PARAMETERS = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'target_session_attrs', 'other_hosts']
/** The hosts of a URL behind its first one, which URLs know only one of: they are kept in a parameter of ours. */
const SEVERAL_HOSTS = /^(postgres(?:ql)?:\/\/(?:[^@/?]*@)?[^,/?@]+),([^/?@]+)((?:\/[^?]*)?)(?:\?(.*))?$/
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
  const url = URL.parse(text.replace(SEVERAL_HOSTS, '$1$3?other_hosts=$2&$4'))
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol))
    throw new Error('is not a postgresql:// URL: give postgresql://user:password@host:port/database')
  const { searchParams } = url
  if (searchParams.has('host') || searchParams.has('ssl'))
    throw new Error('has the parameter `host` or `ssl`: name the host before the path, and use `sslmode`')
  const others = otherHosts(url)
  const isRemote = !isLocal(url) || !others.every((host) => isLocal(new URL(`postgresql://${host}`)))
  const attributes = searchParams.get('target_session_attrs')
  if (others.length === 0 ? attributes !== null && attributes !== 'any' : attributes !== 'read-write')
    throw new Error(
      'has several hosts and no target_session_attrs=read-write, or this and one host: give both or neither',
    )
  const mode = searchParams.get('sslmode') ?? (isRemote && !plaintext ? 'verify-full' : 'disable')
  if (mode !== 'disable' && !ENCRYPTED.has(mode))
    throw new Error('has an sslmode that may connect without encryption: give sslmode=verify-full, or disable')
  if (mode === 'disable' && isRemote && !plaintext)
    throw new Error(
      `has sslmode=disable, but its server is on another machine: give sslmode=verify-full, or set ${PLAINTEXT}=true where the network is trusted`,
    )
  searchParams.set('sslmode', mode)
  // So that a file that is missing is told at once.
  connectionOf(url.href)
  return url.href
}

/** What `pg` connects by; with several hosts, how the one that takes writes is found. */
export type Connection = {
  readonly connectionString: string
  readonly ssl: ConnectionOptions | false
  /** Of several hosts. */
  readonly stream?: Hosts['stream']
  readonly hosts?: Hosts
}

/** What `pg` connects by: the URL without what is said about TLS, and that. Throws when a file can not be read. */
export function connectionOf(url: string): Connection {
  const bare = new URL(url)
  const hosts = [bare.host, ...otherHosts(bare)]
  const given = Object.fromEntries(PARAMETERS.map((name) => [name, bare.searchParams.get(name) ?? undefined]))
  for (const name of PARAMETERS) bare.searchParams.delete(name)
  const connectionString = bare.href
  const several = hosts.length === 1 ? {} : withHosts(hostsOf(hosts))
  if (!ENCRYPTED.has(given.sslmode ?? 'disable')) return { connectionString, ssl: false, ...several }
  const { host } = addressOf(bare.host)
  const file = (name: string) => (given[name] === undefined ? undefined : readFile(name, given[name]))
  const ca = given.sslrootcert === 'system' ? undefined : file('sslrootcert')
  const [cert, key] = [file('sslcert'), file('sslkey')]
  return {
    connectionString,
    ssl: {
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      ...addressToCheck(host),
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      // `pg` names the first host, whichever it is.
      ...(hosts.length > 1 && { checkServerIdentity: (_, certificate) => identityOf(hosts, certificate) }),
    },
    ...several,
  }
}

function withHosts(hosts: Hosts) {
  return { stream: hosts.stream, hosts }
}

function otherHosts({ searchParams }: URL): string[] {
  return searchParams.get('other_hosts')?.split(',') ?? []
}

/** An error unless the certificate is one of these hosts'. */
function identityOf(hosts: readonly string[], certificate: PeerCertificate): Error | undefined {
  const wrong = hosts.map((host) => checkServerIdentity(addressOf(host).host, certificate))
  return wrong.includes(undefined) ? undefined : wrong[0]
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
      `names a file ${name} by ${parameter} that cannot be read (${code}): name one that this user may read`,
    )
  }
}

function isAllowed(value: string | undefined): boolean {
  const given = optionalText(value)
  if (given !== undefined && given !== 'true' && given !== 'false') throw new Error('is neither `true` nor `false`')
  return given === 'true'
}
