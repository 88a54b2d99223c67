const SIGNALS = ['SIGINT', 'SIGTERM'] as const
/** How long what is under way may still take. */
const GRACE_MS = 5_000

/** That somebody asks the program to stop, as Ctrl-C does: nothing more is begun, and soon nothing more waited for. */
export type Stop = Disposable & { readonly asked: AbortSignal; readonly late: AbortSignal }

/** Listens for the signals from now on. */
export function stopSignals(): Stop {
  const [asked, late] = [new AbortController(), new AbortController()]
  const ask = () => {
    if (asked.signal.aborted) return
    asked.abort()
    setTimeout(() => late.abort(), GRACE_MS).unref()
  }
  for (const signal of SIGNALS) process.on(signal, ask)
  return {
    asked: asked.signal,
    late: late.signal,
    [Symbol.dispose]() {
      for (const signal of SIGNALS) process.off(signal, ask)
    },
  }
}
