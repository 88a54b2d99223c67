import { databaseError } from './database-error.ts'

/** What TLS says of a certificate, by the codes of Node and OpenSSL. */
const UNTRUSTED = /^(DEPTH_ZERO_)?SELF_SIGNED|^UNABLE_TO_|^CERT_|^INVALID_CA$|^ERR_TLS_CERT/
const MISNAMED = 'ERR_TLS_CERT_ALTNAME_INVALID'
const UNENCRYPTED = /does not support SSL|wrong version number|EPROTO|packet length too long|ERR_SSL/

/**
 * What an error of this process's own work means, for its log: never a statement or a value, which messages of the
 * database and of the ORM quote.
 */
export function causeOf(error: unknown): string {
  const broken = databaseError(error)
  if (broken !== undefined) return `SQLSTATE ${broken.sqlState}${broken.constraint && `, ${broken.constraint}`}`
  // The ORM's own message begins with the statement.
  const { previous } = error as { previous?: unknown }
  if (previous instanceof Error) return causeOf(previous)
  return tlsProblem(error) ?? (error as Error).message
}

/** What a failed TLS connection means and its remedy; undefined for any other failure. */
export function tlsProblem(error: unknown): string | undefined {
  const { code, message = '' } = error as { code?: unknown; message?: string }
  const name = typeof code === 'string' ? code : ''
  if (name === MISNAMED)
    return 'the certificate of the server is for another name: use the name that it is for in the URL'
  if (UNTRUSTED.test(name))
    return `the certificate of the server is not trusted (${name}): name the file of its authority, sslrootcert in the URL of Postgres, REDIS_CA_FILE for Redis`
  if (UNENCRYPTED.test(`${name} ${message}`))
    return 'the server does not encrypt: switch TLS on there, or do not ask for it'
  return undefined
}
