import { connect, type Socket } from 'node:net'
import { type ServiceName, serviceNames } from '@hotel/stack/service-names'
import type { Suite } from '../harness/test-suite.ts'

/** Opens a connection to this `host:port`; errors end it, as they do for a client that does not care. */
export function open(address: string): Socket {
  const [host, port] = address.split(':')
  const socket = connect(Number(port), host)
  socket.on('error', () => socket.destroy())
  return socket
}

/** All that comes over a connection until the other side closes it, one character a byte; throws after the time. */
export async function readAll(socket: Socket, milliseconds = 30_000): Promise<string> {
  let text = ''
  socket.on('data', (data) => {
    text += data.toString('latin1')
  })
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const late = setTimeout(() => reject(new Error(`the connection is still open after: ${text}`)), milliseconds)
  socket.once('close', () => resolve(text))
  return promise.finally(() => {
    clearTimeout(late)
    socket.destroy()
  })
}

/**
 * The statuses that answer these bytes of HTTP/1.1 and then one more request, which asks to close: if something in the bytes
 * is taken for a request, it has an answer of its own.
 */
export async function statusesOf(address: string, bytes: string): Promise<readonly number[]> {
  const socket = open(address)
  // Envoy has this answer itself: it says nothing of how the services are.
  socket.write(Buffer.from(`${bytes}HEAD /openapi.json HTTP/1.1\r\nhost: hotel\r\nconnection: close\r\n\r\n`, 'latin1'))
  const statuses = (await readAll(socket)).matchAll(/HTTP\/1\.1 (\d{3}) /g)
  return [...statuses].map(([, status]) => Number(status))
}

/** How many calls these services have begun to answer; health checks and feeds among themselves are none. */
export async function callsAt({ stack }: Suite, services: readonly ServiceName[] = serviceNames): Promise<number> {
  const addresses = services.flatMap((name) => stack.metricsAddresses[name])
  const texts = await Promise.all(addresses.map(async (each) => (await fetch(`http://${each}/metrics`)).text()))
  const counts = texts.join('\n').matchAll(/^grpc_server_started_total\{(.*)\} (\d+)$/gm)
  return [...counts].reduce(
    (sum, [, labels = '', count]) => sum + (/Health|hotel\.feed/.test(labels) ? 0 : Number(count)),
    0,
  )
}

/** The bytes that the gateway has allocated. */
export async function gatewayMemory({ stack }: Suite): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${stack.gateway?.adminPort}/memory`)
  return Number(((await answer.json()) as { allocated: string }).allocated)
}

/** A counter or gauge of Envoy's, by its name. */
export async function gatewayCount({ stack }: Suite, name: string): Promise<number> {
  const filter = `^${name.replaceAll('.', '\\.')}$`
  const answer = await fetch(`http://127.0.0.1:${stack.gateway?.adminPort}/stats?filter=${encodeURIComponent(filter)}`)
  return Number((await answer.text()).split(': ')[1] ?? 0)
}
