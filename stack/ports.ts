import { createServer } from 'node:net'
import { Problem } from './setup/problem.mjs'

/** Below the range from which a system takes the ports of outgoing connections: what is free here stays free. */
const LOWEST = 20_000
const HIGHEST = 30_000

const given = new Set<number>()

/** A port of 127.0.0.1 that is free and was not given out by this process before. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST))
    if (given.has(port) || !(await isFree(port, '127.0.0.1'))) continue
    given.add(port)
    return port
  }
}

/** Throws a Problem that names the variable when something else listens on the port. */
export async function assertFree(variable: string, port: number, host = '127.0.0.1'): Promise<void> {
  if (await isFree(port, host)) return
  throw new Problem(
    `Port ${port} is taken by another program, or needs rights that this user lacks: stop that program, or set ${variable} to a free port.`,
  )
}

function isFree(port: number, host: string): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
