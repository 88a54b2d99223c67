import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'

/** What a reader of one environment variable gives, or an Error that says what is wrong with the value. */
export type Reader<T> = (value: string | undefined) => T

/**
 * Reads settings from the environment once; an Error names the variable at fault and the remedy. Each may also be in the
 * file that `<variable>_FILE` names: a secret does not show in the environment then.
 */
export function readEnv<T extends Record<string, unknown>>(
  env: NodeJS.ProcessEnv,
  readers: { [K in keyof T]: readonly [variable: string, reader: Reader<T[K]>] },
): Readonly<T> {
  const settings = Object.entries(readers).map(([key, [variable, reader]]) => {
    const value = given(env, variable)
    try {
      return [key, reader(value)]
    } catch (error) {
      throw new Error(`${variable} ${(error as Error).message}`)
    }
  })
  return Object.freeze(Object.fromEntries(settings)) as T
}

/** The value of a variable, or of the file that `<variable>_FILE` names; undefined for none. */
export function given(env: NodeJS.ProcessEnv, variable: string): string | undefined {
  const value = env[variable] || undefined
  const file = env[`${variable}_FILE`] || undefined
  if (file === undefined) return value
  if (value !== undefined) throw new Error(`${variable} and ${variable}_FILE are both set: keep one of them`)
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '') || undefined
  } catch (error) {
    throw new Error(
      `${variable}_FILE cannot be read (${(error as Error).message}): name a file that this user may read`,
    )
  }
}

/** A setting that must be given. */
export const text: Reader<string> = (value) => {
  if (value === undefined) throw new Error('is not set: give it a value')
  return value
}

/** A setting that may be absent. */
export const optionalText: Reader<string | undefined> = (value) => value

/** URL of a Redis that may be absent: redis:// or, over TLS, rediss://. */
export const optionalRedisUrl: Reader<string | undefined> = (value) => {
  if (value === undefined || /^rediss?:$/.test(URL.parse(value)?.protocol ?? '')) return value
  throw new Error('is not a redis:// URL: give redis://user:password@host:port, or rediss:// for TLS')
}

/** A setting with a value of its own when absent. */
export const textOr =
  (fallback: string): Reader<string> =>
  (value) =>
    value ?? fallback

/** An address to listen on, by number: Envoy looks up no name for that. */
export const ipAddressOr =
  (fallback: string): Reader<string> =>
  (value = fallback) => {
    if (isIP(value) !== 0) return value
    throw new Error(`is "${value}": give an IP address, as 127.0.0.1, or 0.0.0.0 for all of this machine`)
  }

/** A number of at least 0. */
export const numberOr =
  (fallback: number): Reader<number> =>
  (value) => {
    if (value === undefined) return fallback
    const number = Number(value)
    if (!Number.isFinite(number) || number < 0) throw new Error(`is "${value}": give a number of at least 0`)
    return number
  }

/** A whole number of a range. */
export const wholeOr =
  (fallback: number, least: number, most: number): Reader<number> =>
  (value = String(fallback)) => {
    const number = Number(value)
    if (/^\d+$/.test(value) && number >= least && number <= most) return number
    throw new Error(`is "${value}": give a whole number from ${least} to ${most}`)
  }

/** Addresses `host:port` of one service's instances, separated by commas; or one name, which may stand for all of them. */
export const addresses: Reader<string[]> = (value) => {
  const list = text(value).split(',')
  if (!list.every((address) => /^.+:\d+$/.test(address))) throw new Error(`is "${value}": give host:port`)
  if (list.length > 1 && !list.every(isIPv4Address))
    throw new Error(`is "${value}": give several IPv4 addresses, or one name that stands for all instances`)
  return list
}

/** Whether this `host:port` has an address of IPv4 for its host, and not a name. */
export const isIPv4Address = (address: string) => /^\d+\.\d+\.\d+\.\d+:\d+$/.test(address)

/** A secret of 32 bytes in base64. */
export const key256: Reader<Buffer> = (value) => {
  const key = Buffer.from(text(value), 'base64')
  if (key.length !== 32) throw new Error('is not 32 bytes in base64: make a key with `openssl rand -base64 32`')
  return key
}
