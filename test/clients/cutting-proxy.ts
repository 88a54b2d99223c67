import { type AddressInfo, connect, createServer } from 'node:net'

/** What a connection is cut for, once: the answer to a request with this text, or an answer with it, which does not arrive. */
export type Cut = { readonly afterRequestWith?: string; readonly beforeAnswerWith?: string }

/** A TCP proxy that cuts a connection at the worst moment: what was asked is done, and nobody is told. */
export async function cuttingProxy(address: string, { afterRequestWith, beforeAnswerWith }: Cut) {
  const [host = '', port] = address.split(':')
  let cuts = 0
  let answered = Buffer.alloc(0)
  const server = createServer((client) => {
    const upstream = connect(Number(port), host)
    let isToBeCut = false
    client.on('data', (data) => {
      if (afterRequestWith !== undefined && cuts === 0 && data.includes(afterRequestWith)) isToBeCut = true
      upstream.write(data)
    })
    const answer = (data: Buffer | string) => {
      answered = Buffer.concat([answered, Buffer.from(data)])
      client.write(data)
    }
    upstream.on('data', (data) => {
      if (beforeAnswerWith !== undefined && cuts === 0 && data.includes(beforeAnswerWith)) isToBeCut = true
      if (!isToBeCut) return answer(data)
      // Of HTTP/2, an acknowledgement comes before the answer: the text, or a status, tells this one.
      if (afterRequestWith !== undefined && !data.includes(afterRequestWith)) return answer(data)
      cuts += 1
      client.destroy()
      upstream.destroy()
    })
    for (const [a, b] of [[client, upstream] as const, [upstream, client] as const]) {
      a.on('error', () => b.destroy())
      a.on('close', () => b.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    cuts: () => cuts,
    /** Whether an answer with this text has been let through. */
    hasAnswered: (text: string) => answered.includes(text),
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}
