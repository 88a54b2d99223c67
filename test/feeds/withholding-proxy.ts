import { type AddressInfo, connect, createServer } from 'node:net'

/**
 * A TCP proxy that can withhold what the server answers on the connections that are open then, as a network that fails
 * between effect and answer.
 */
export async function withholdingProxy(host: string, port: number) {
  const open = new Set<object>()
  const withheld = new WeakSet<object>()
  const server = createServer((client) => {
    const upstream = connect(port, host)
    open.add(client)
    client.pipe(upstream)
    upstream.on('data', (data) => {
      if (!withheld.has(client)) client.write(data)
    })
    for (const [a, b] of [[client, upstream] as const, [upstream, client] as const]) {
      a.on('error', () => b.destroy())
      a.on('close', () => b.destroy())
      a.on('close', () => open.delete(a))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    withhold() {
      for (const client of open) withheld.add(client)
    },
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}
