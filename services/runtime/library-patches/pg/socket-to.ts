/**
 * A client connects to the one host of its options: it knows no list of hosts of which one takes writes.
 *
 * @library pg 8.23.1
 * @issue https://github.com/brianc/node-postgres/issues/1470
 */
import { Socket } from 'node:net'

/** A server's address. */
export type Address = { readonly host: string; readonly port: number }

/** A socket for the option `stream` of a client: it connects to this address, whatever host the options name. */
export function socketTo(address: Address): Socket {
  const socket = new Socket()
  const connect = socket.connect.bind(socket) as (address: Address) => Socket
  socket.connect = () => connect(address)
  return socket
}
