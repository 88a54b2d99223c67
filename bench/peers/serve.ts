import { connectionOf } from '@hotel/runtime/database/database-url'
import { createServer, type Server } from 'nice-grpc'
import pg from 'pg'

/** A pool as large as a service's. */
export function openPool(): pg.Pool {
  return new pg.Pool({ ...connectionOf(process.env.DATABASE_URL ?? ''), max: 20 })
}

/** Serves nothing but these methods: no interceptor, no middleware, no token. */
export async function serveBare(add: (server: Server) => void): Promise<void> {
  const server = createServer()
  add(server)
  await server.listen(process.env.GRPC_ADDRESS ?? '')
  process.once('SIGINT', () => process.exit())
}
