import { type AddressInfo, connect, createServer } from 'node:net'

/** A TCP proxy that can withhold what the server answers, as a network that fails between effect and answer. */
export async function withholdingProxy(host: string, port: number) {
  let withholding = false
  const server = createServer((client) => {
    const upstream = connect(port, host)
    client.pipe(upstream)
    upstream.on('data', (data) => {
      if (!withholding) client.write(data)
    })
    for (const [a, b] of [[client, upstream] as const, [upstream, client] as const]) {
      a.on('error', () => b.destroy())
      a.on('close', () => b.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    withhold() {
      withholding = true
    },
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}
