import { setTimeout } from 'node:timers/promises'

/** How Envoy is run on the configuration in its working directory. */
export function envoyArguments(threads: number, drainSeconds: number): readonly string[] {
  const drain = ['--drain-time-s', String(drainSeconds), '--drain-strategy', 'immediate']
  return [
    '-c',
    'envoy.yaml',
    '--disable-hot-restart',
    '--concurrency',
    String(threads),
    '--log-level',
    'error',
    // A line of the access log waits no longer than this; by default for ten seconds.
    '--file-flush-interval-msec',
    '500',
    ...drain,
  ]
}

/** SIGTERM cuts calls in flight (seen): new ones are turned away first, and those that run given time. */
export async function finishCalls(adminPort: number, seconds: number): Promise<void> {
  const signal = AbortSignal.timeout(1_000)
  for (const step of ['/healthcheck/fail', '/drain_listeners?graceful'])
    await fetch(`http://127.0.0.1:${adminPort}${step}`, { method: 'POST', signal }).then((response) =>
      response.body?.cancel(),
    )
  await setTimeout(seconds * 1_000)
}
