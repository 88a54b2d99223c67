import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { Problem } from '../setup/problem.mjs'

/** Below the range from which a system takes the ports of outgoing connections: what is free here stays free. */
const LOWEST = 20_000
const HIGHEST = 30_000

/** A port of 127.0.0.1 that is free, and is given to nobody else while this process lives. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST))
    if ((await isFree(port, '127.0.0.1')) && (await takes(port))) return port
  }
}

/** Throws a Problem that names the variable when the port cannot be listened on. */
export async function assertFree(variable: string, port: number, host = '127.0.0.1'): Promise<void> {
  const refusal = await tryPort(port, host)
  if (refusal === undefined) return
  if (refusal === 'EADDRINUSE')
    throw new Problem(`Port ${port} is taken by another program: stop that one, or set ${variable} to a free port.`)
  if (refusal === 'EACCES')
    throw new Problem(`Port ${port} cannot be opened by this user: set ${variable} to a port above 1023.`)
  throw new Problem(
    `${host}:${port} cannot be listened on (${refusal}): set ${variable}, or the address, to another value.`,
  )
}

/**
 * Takes a port for this process, before there is who listens on it: other processes look for ports at the same time. What
 * tells them is the UDP port of that number, which nothing else here uses and which no crash leaves behind.
 */
function takes(port: number): Promise<boolean> {
  const mark = createSocket('udp4').unref()
  return new Promise((resolve) => {
    mark.once('error', () => mark.close(() => resolve(false)))
    mark.bind({ port, address: '127.0.0.1', exclusive: true }, () => resolve(true))
  })
}

async function isFree(port: number, host: string): Promise<boolean> {
  return (await tryPort(port, host)) === undefined
}

/** The code of the error with which listening fails. */
function tryPort(port: number, host: string): Promise<string | undefined> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}
