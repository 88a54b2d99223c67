import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A TCP proxy whose connections a test cuts and slows. */
export type TcpProxy = AsyncDisposable & {
  readonly port: number
  /** Where new connections go. */
  to(host: string, port: number): void
  /** Ends all connections at once, and refuses new ones until `heal`. */
  cut(): void
  /**
   * Delays what each connection carries, in both directions, until `heal`: each by a time of its own up to this, so that
   * what was sent on two connections arrives in another order.
   */
  slow(mostMs: number, random: () => number): void
  heal(): void
}

/** Opens a proxy on a free port of 127.0.0.1. */
export async function openProxy(): Promise<TcpProxy> {
  let target = { host: '127.0.0.1', port: 0 }
  let isCut = false
  let delayOf: (() => number) | undefined
  const open = new Map<Socket, { delayMs: number }>()
  const server = createServer((client) => {
    if (isCut) return client.destroy()
    const upstream = connect(target)
    const connection = { delayMs: delayOf?.() ?? 0 }
    open.set(client, connection)
    forward(client, upstream, connection)
    forward(upstream, client, connection)
    client.once('close', () => open.delete(client))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const endAll = () => {
    for (const socket of open.keys()) socket.destroy()
  }
  return {
    port,
    to(host, port) {
      target = { host, port }
    },
    cut() {
      isCut = true
      endAll()
    },
    slow(mostMs, random) {
      delayOf = () => random() * mostMs
      for (const connection of open.values()) connection.delayMs = delayOf()
    },
    heal() {
      isCut = false
      delayOf = undefined
      for (const connection of open.values()) connection.delayMs = 0
    },
    [Symbol.asyncDispose]() {
      endAll()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

/** Hands on what one socket receives to the other, in its order; the end of one is the end of both. */
function forward(from: Socket, to: Socket, connection: { readonly delayMs: number }): void {
  let last: Promise<void> | undefined
  from.on('data', (data) => {
    if (last === undefined && connection.delayMs === 0) {
      to.write(data)
      return
    }
    const own = (last ?? Promise.resolve())
      .then(() => sleep(connection.delayMs))
      .then(() => void to.write(data))
      .finally(() => {
        if (last === own) last = undefined
      })
    last = own
  })
  from.on('error', () => to.destroy())
  from.on('close', () => to.destroy())
}
