import { type AddressInfo, connect, createServer } from 'node:net'

/** A TCP proxy before Postgres that counts round trips: how often what a service sends follows what the server has answered. */
export async function countingProxy() {
  let behind = { port: 0, host: '' }
  let trips = 0
  const server = createServer((client) => {
    const upstream = connect(behind)
    let isOfPool: boolean | undefined
    let hasAnswered = true
    client.on('data', (data) => {
      // The first message says whose connection it is: others listen for the feed.
      isOfPool ??= data.includes('application_name\0hotel\0')
      if (isOfPool && hasAnswered) trips += 1
      hasAnswered = false
      upstream.write(data)
    })
    upstream.on('data', (data) => {
      hasAnswered = true
      client.write(data)
    })
    for (const [a, b] of [[client, upstream] as const, [upstream, client] as const]) {
      a.on('error', () => b.destroy())
      a.on('close', () => b.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    /** The URL of a database as it is reached by the proxy; of one server only. */
    through(url: string): string {
      const parsed = new URL(url)
      behind = { port: Number(parsed.port), host: parsed.hostname }
      parsed.port = String((server.address() as AddressInfo).port)
      return parsed.href
    },
    trips: () => trips,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}
