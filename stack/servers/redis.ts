import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { inheritedEnvironment } from '../config.ts'
import type { SupervisorContext } from '../run/supervision/process-plan.ts'
import { type Supervised, supervise } from '../run/supervision/processes.ts'
import { findRedis } from '../setup/binaries.mjs'

export type RedisOptions = {
  readonly folder: string
  readonly port: number
  readonly password: string
  readonly around: SupervisorContext
}

/** A Redis that is only a cache: nothing is written to disk, and what does not fit is dropped. */
export type Redis = { readonly url: string; readonly process: Supervised }

/** Starts Redis on 127.0.0.1; undefined when there is none on this machine. */
export async function startRedis({ folder, port, password, around }: RedisOptions): Promise<Redis | undefined> {
  const file = findRedis()
  if (file === undefined) return undefined
  await mkdir(folder, { recursive: true })
  const settings = {
    bind: '127.0.0.1',
    port,
    requirepass: password,
    dir: folder,
    save: '',
    appendonly: 'no',
    maxmemory: '64mb',
    'maxmemory-policy': 'allkeys-lru',
    loglevel: 'warning',
  }
  const process = supervise(
    {
      name: 'redis',
      file,
      // The settings come by standard input: the password is in no file and no command line.
      args: ['-'],
      input: Object.entries(settings)
        .map(([name, value]) => `${name} ${quoted(value)}\n`)
        .join(''),
      env: inheritedEnvironment(),
      cwd: folder,
      ready: (signal) => answers(port, signal),
      readyWithinMs: 5_000,
      stopSignal: 'SIGTERM',
      stopWithinMs: 1_000,
    },
    around,
  )
  await process.start()
  return { url: `redis://:${password}@127.0.0.1:${port}`, process }
}

/** A value as Redis reads it, with any characters: a folder may have a space. https://redis.io/docs/latest/operate/oss_and_stack/management/config/ */
function quoted(value: string | number): string {
  return `"${String(value).replaceAll(/["\\]/g, '\\$&')}"`
}

/** Redis says something, if only that it wants the password. */
async function answers(port: number, signal: AbortSignal): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect', { signal })
    socket.write('PING\r\n')
    await once(socket, 'data', { signal })
  } finally {
    socket.destroy()
  }
}
