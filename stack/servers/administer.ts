import type { Socket } from 'node:net'
import { connectionOf } from '@hotel/runtime/database/database-url'
import { causeOf } from '@hotel/runtime/errors/cause'
import { Client } from 'pg'
import { Problem } from '../setup/problem.mjs'

/** Runs something on a connection of its own, as the administrator; the signal cuts the connection. */
export async function administer<T>(
  url: string,
  act: (client: Client) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const client = await connectTo(url, signal)
  const cut = cutting(client)
  signal?.addEventListener('abort', cut)
  try {
    return await act(client)
  } finally {
    signal?.removeEventListener('abort', cut)
    await client.end()
  }
}

/** A connection to the server, of several to the one that takes writes. */
async function connectTo(url: string, signal: AbortSignal | undefined): Promise<Client> {
  const way = connectionOf(url)
  for (let left = way.hosts?.count ?? 1; ; left--) {
    signal?.throwIfAborted()
    const client = new Client({ ...way, connectionTimeoutMillis: 5_000 })
    client.on('error', () => {})
    const cut = cutting(client)
    signal?.addEventListener('abort', cut)
    try {
      await client.connect()
      await way.hosts?.demandPrimary(client)
      return client
    } catch (error) {
      signal?.throwIfAborted()
      cut()
      way.hosts?.giveUpOn(client)
      if (left > 1) continue
      const { host } = new URL(url)
      throw new Problem(
        `The database server at ${host} cannot be used (${causeOf(error) || 'no answer'}): check DATABASE_URL and the server.`,
      )
    } finally {
      signal?.removeEventListener('abort', cut)
    }
  }
}

/** Cuts a connection: `end` would wait for a server that does not answer. */
function cutting(client: Client): () => void {
  return () => void (client as unknown as { connection: { stream: Socket } }).connection.stream.destroy()
}
