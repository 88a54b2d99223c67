import { databaseError } from './database-error.ts'

/** What TLS says of a certificate, by the codes of Node and OpenSSL. */
const UNTRUSTED = /^(DEPTH_ZERO_)?SELF_SIGNED|^UNABLE_TO_|^CERT_|^INVALID_CA$|^ERR_TLS_CERT/
const MISNAMED = 'ERR_TLS_CERT_ALTNAME_INVALID'
const UNENCRYPTED = /does not support SSL|wrong version number|EPROTO|packet length too long|ERR_SSL/

/** Of the server and of what is there: such messages name roles, databases and tables, and no row. */
const OF_THE_SERVER = /^(08|28|3D|53|57|58)|^42(501|P01)$/

/**
 * What an error of this process's own work means, for its log: never a statement or a value, which messages of the
 * database and of the ORM quote.
 */
export function causeOf(error: unknown): string {
  if (isOfTheOrm(error)) return causeOf(error.previous)
  const broken = databaseError(error)
  if (broken !== undefined) {
    const { sqlState, constraint, message } = broken
    const words = OF_THE_SERVER.test(sqlState) ? message : constraint
    return [words, `SQLSTATE ${sqlState}`].filter((part) => part !== '').join(', ')
  }
  return tlsProblem(error) ?? (error as Error).message
}

/** The ORM's own messages begin with the statement. */
function isOfTheOrm(error: unknown): error is { previous: Error } {
  return (error as { previous?: unknown }).previous instanceof Error
}

/** What a failed TLS connection means and its remedy; undefined for any other failure. */
export function tlsProblem(error: unknown): string | undefined {
  const { code, message = '' } = error as { code?: unknown; message?: string }
  const name = typeof code === 'string' ? code : ''
  if (name === MISNAMED) return 'the certificate of the server is for another name: use that name in the URL'
  if (UNTRUSTED.test(name))
    return `the certificate of the server is not trusted (${name}): name the file of its authority, sslrootcert in the URL of Postgres, REDIS_CA_FILE for Redis`
  if (UNENCRYPTED.test(`${name} ${message}`))
    return 'the server does not encrypt: turn TLS on there, or do not require it'
  return undefined
}
