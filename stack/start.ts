import { parseArgs } from 'node:util'
import { readAuth } from './auth.ts'
import { readConfig } from './config.ts'
import { aborted } from './process-run.ts'
import { clientScopes } from './scopes.ts'
import { perService } from './service-names.ts'
import { Problem } from './setup/problem.mjs'
import { STARTERS, watchStarters } from './setup/starters.mjs'
import { type Stack, startStack } from './stack.ts'
import { printLine, TOKEN_HOURS, welcome } from './words.ts'

/** One Ctrl-C arrives once from the terminal and once through each program in between. */
const SAME_SIGNAL_MS = 2_000

/** `npm start`: boots the suite, says where it is, and runs until a signal. */
async function main(): Promise<void> {
  const began = performance.now()
  const config = readConfig()
  const auth = readAuth()
  const replicas = readReplicas(process.argv.slice(2))
  const { stopping, forcing } = listenForSignals()
  try {
    await using stack = await startStack({
      ...config,
      auth,
      instances: perService(() => replicas),
      env: perService(() => config.streams),
      redis: config.redisUrl ?? true,
      drainSeconds: 1,
      restart: true,
      log: (name, line) => printLine(name, line, config.logLevel),
      say: (sentence) => console.log(sentence),
      signal: stopping,
      force: forcing,
    })
    const token = await tokenOf(stack)
    console.log(welcome(stack, config, token, (performance.now() - began) / 1_000))
    // What only the start needed, as a service gives it back (runtime/server/serve.ts).
    void globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
    await aborted(stopping)
  } catch (error) {
    if (!stopping.aborted) throw error
  }
  console.log('Stopped.')
}

/** A token for whoever tries the suite: everything that a client may do, in every hotel. */
async function tokenOf({ issuer }: Stack): Promise<string | undefined> {
  return issuer?.mint({
    subject: 'developer',
    scopes: clientScopes,
    hotels: ['*'],
    tier: 'desk',
    ttlSeconds: TOKEN_HOURS * 3_600,
  })
}

/** How many instances of each service: `--replicas N`, 1 without it. */
function readReplicas(args: readonly string[]): number {
  const usage = 'give `npm start -- --replicas N`, with N from 1 to 9, or nothing (`npm start -- --help`)'
  try {
    const { values } = parseArgs({ args: [...args], options: { replicas: { type: 'string', default: '1' } } })
    if (/^[1-9]$/.test(values.replicas)) return Number(values.replicas)
    throw new Problem(`--replicas is "${values.replicas}": ${usage}.`)
  } catch (error) {
    throw error instanceof Problem ? error : new Problem(`${(error as Error).message.split('.')[0]}: ${usage}.`)
  }
}

/** What the first signal aborts, or the end of a process that started this one; and what a second signal aborts: there is no waiting then. */
function listenForSignals(): { readonly stopping: AbortSignal; readonly forcing: AbortSignal } {
  const [stopping, forcing] = [new AbortController(), new AbortController()]
  let first = 0
  const stop = () => {
    if (stopping.signal.aborted) return
    first = performance.now()
    console.log('Stopping ...')
    stopping.abort()
  }
  const signalled = () => {
    if (!stopping.signal.aborted) stop()
    else if (performance.now() - first > SAME_SIGNAL_MS) forcing.abort()
  }
  // A terminal that is closed takes no words any more.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  process.on('SIGINT', signalled).on('SIGTERM', signalled).on('SIGHUP', signalled).on('disconnect', stop)
  watchStarters((process.env[STARTERS] ?? '').split(',').filter(Boolean).map(Number), stop)
  return { stopping: stopping.signal, forcing: forcing.signal }
}

main()
  .catch((error: unknown) => {
    console.error(error instanceof Problem ? `\n${error.message}` : error)
    process.exitCode = 1
  })
  .finally(() => process.connected && process.disconnect?.())
