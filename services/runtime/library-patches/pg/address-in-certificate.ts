/**
 * A server that is named by its address is checked as if it were `localhost`: Node is told its name only, as an address may be no
 * name of SNI. Fixed in pg 8.23.1, but the ORM demands exactly 8.23.0 for its pool.
 *
 * @library @mikro-orm/postgresql 7.2.1
 * @issue https://github.com/brianc/node-postgres/issues/2263
 */
import { isIP } from 'node:net'

/** The options to add to those of TLS, for the address of a server to be looked for in its certificate. */
export function addressToCheck(host: string): { readonly host?: string } {
  return isIP(host) === 0 ? {} : { host }
}
