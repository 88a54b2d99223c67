import type { Socket } from 'node:net'
import type { ClientBase } from 'pg'
import { type Address, socketTo } from '../library-patches/pg/socket-to.ts'

/**
 * Several servers of which one takes writes, a primary and its standbys, as libpq's `target_session_attrs=read-write` means
 * them. https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-MULTIPLE-HOSTS
 */
export type Hosts = {
  readonly count: number
  /** A socket to the one that took writes last; one that does not answer gives the turn to the next. */
  readonly stream: () => Socket
  /** Throws when the server of a new connection is a standby, and gives the turn to the next. */
  readonly demandPrimary: (client: ClientBase) => Promise<void>
  /** Gives the turn to the next at once when a connection has failed, for a caller that does not wait until it is closed. */
  readonly giveUpOn: (client: ClientBase) => void
}

type Turn = { index: number }

/** Whose turn it is, for all connections of a process by the same hosts: one that finds the primary finds it for all. */
const turns = new Map<string, Turn>()

/** Connects to the one of these (`host:port`) that takes writes. */
export function hostsOf(names: readonly string[]): Hosts {
  const addresses = names.map(addressOf)
  const key = names.join()
  const turn = turns.get(key) ?? { index: 0 }
  turns.set(key, turn)
  /** The place of the host of each socket, until it is known whether that one takes writes. */
  const indexOf = new WeakMap<object, number>()
  const giveUpAt = (socket: object) => {
    const index = indexOf.get(socket)
    // Others may have gone on already.
    if (index !== undefined && turn.index === index) turn.index = (index + 1) % addresses.length
    indexOf.delete(socket)
  }
  const giveUpOn = (client: ClientBase) => socketsOf(client).forEach(giveUpAt)
  return {
    count: names.length,
    giveUpOn,
    stream() {
      const { index } = turn
      const socket = socketTo(addresses[index] as Address)
      indexOf.set(socket, index)
      // A server may take the connection and then never be ready, as one that recovers. At its error already: a caller that tries
      // again at once would otherwise meet the same one.
      const end = () => giveUpAt(socket)
      socket.once('error', end).once('close', end)
      return socket
    },
    async demandPrimary(client) {
      const { rows } = await client.query<{ standby: boolean }>('select pg_is_in_recovery() as standby')
      if (rows[0]?.standby === false) {
        for (const socket of socketsOf(client)) indexOf.delete(socket)
        return
      }
      giveUpOn(client)
      throw Object.assign(new Error('the server is a standby: another one is looked for'), { code: '57P03' })
    },
  }
}

/** The sockets of a connection: by TLS one wraps another. */
function socketsOf(client: ClientBase): readonly object[] {
  const { stream } = (client as unknown as { readonly connection: { readonly stream: Socket & { _parent?: Socket } } })
    .connection
  return stream._parent == null ? [stream] : [stream, stream._parent]
}

/** The address of a host as a URL names it, `host` or `host:port`. */
export function addressOf(name: string): Address {
  const { hostname, port } = new URL(`postgresql://${name}`)
  return { host: decodeURIComponent(hostname).replace(/^\[(.+)\]$/, '$1'), port: Number(port || 5432) }
}
