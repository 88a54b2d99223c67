import { connect, createServer, type Socket } from 'node:net'

/** A TCP proxy that can hold back what the client sends, as a network that is slow, and let it through later. */
export async function holdingProxy() {
  let target = 0
  let held: (() => void)[] | undefined
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    upstream.pipe(client)
    client.on('data', (data) => {
      if (held === undefined) upstream.write(data)
      else held.push(() => upstream.write(data))
    })
    for (const [a, b] of [[client, upstream] as const, [upstream, client] as const]) {
      sockets.add(a)
      a.on('error', () => b.destroy())
      a.on('close', () => b.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return {
    /** The same URL by way of the proxy. */
    to(url: string): string {
      const through = new URL(url)
      target = Number(through.port)
      through.port = String(port)
      return through.href
    },
    hold() {
      held = []
    },
    /** How many pieces are held. */
    held: () => held?.length ?? 0,
    release() {
      for (const write of held ?? []) write()
      held = undefined
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
