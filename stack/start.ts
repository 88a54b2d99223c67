import { parseArgs } from 'node:util'
import { readConfig } from './config.ts'
import { readAuth } from './identity/auth.ts'
import { consoleLink, gatewayHere } from './identity/console-link.ts'
import { developerToken } from './identity/sign-in-server.ts'
import { findJaeger, withJaeger } from './observe/jaeger.ts'
import { assertObserversPortsFree, findPrometheus, type Observers, startObservers } from './observe/observe.ts'
import { runMain } from './run/run-main.ts'
import type { SupervisorContext } from './run/supervision/process-plan.ts'
import { aborted } from './run/supervision/process-run.ts'
import { perService } from './service-names.ts'
import { Problem } from './setup/problem.mjs'
import { STARTERS, watchStarters } from './setup/starters.mjs'
import { startStack } from './stack.ts'
import { observersWords, printLine, welcome } from './start-messages.ts'

/** One Ctrl-C arrives once from the terminal and once through each program in between. */
const SAME_SIGNAL_MS = 2_000

/** `npm start`: boots the suite, says where it is, and runs until a signal. */
async function main(): Promise<void> {
  const began = performance.now()
  const given = readConfig()
  const auth = readAuth()
  const { replicas, observe } = readOptions(process.argv.slice(2))
  // Before anything is started.
  if (observe) findPrometheus()
  const jaeger = observe ? findJaeger(given.openTelemetry) : {}
  if (observe) await assertObserversPortsFree(given.observePorts, jaeger)
  const config =
    jaeger.file === undefined
      ? given
      : { ...given, openTelemetry: withJaeger(given.openTelemetry, given.observePorts.otlp) }
  const { stopping, forcing } = listenForSignals()
  let observers: Observers | undefined
  const startBeside = async (around: SupervisorContext) => {
    observers = await startObservers({ ...config, ports: config.observePorts, jaeger }, around)
    return observers
  }
  try {
    await using stack = await startStack({
      ...config,
      auth,
      instances: perService(() => replicas),
      env: perService(() => config.streams),
      redis: config.redisUrl ?? true,
      drainSeconds: 1,
      restart: true,
      ...(observe && { beside: startBeside }),
      log: (name, line) => printLine(name, line, config.logLevel),
      say: (sentence) => console.log(sentence),
      signal: stopping,
      force: forcing,
    })
    const { issuer } = stack
    const token = issuer && (await developerToken(issuer))
    const link = issuer && (await consoleLink(config.dataDir, gatewayHere(config)))
    console.log(welcome(stack, config, { token, link }, (performance.now() - began) / 1_000))
    if (observers !== undefined) console.log(observersWords(observers))
    // What only the start needed, as a service gives it back (runtime/server/serve.ts).
    void globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
    await aborted(stopping)
  } catch (error) {
    if (!stopping.aborted) throw error
  }
  console.log('Stopped.')
}

/** How many instances of each service (`--replicas N`, 1 without it), and whether to start what shows how they are. */
function readOptions(args: readonly string[]): { readonly replicas: number; readonly observe: boolean } {
  const usage =
    'give `npm start -- --replicas N`, with N from 1 to 9, `--observe`, both or nothing (`npm start -- --help`)'
  try {
    const options = {
      replicas: { type: 'string', default: '1' },
      observe: { type: 'boolean', default: false },
    } as const
    const { values } = parseArgs({ args: [...args], options })
    if (/^[1-9]$/.test(values.replicas)) return { replicas: Number(values.replicas), observe: values.observe }
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

runMain(main)
