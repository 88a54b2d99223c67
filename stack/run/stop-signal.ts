const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Aborts when the program is asked to stop, as by Ctrl-C. From then on it ends by itself, and undoes before what it has begun. */
export function stopSignal(): AbortSignal {
  const stopping = new AbortController()
  for (const signal of SIGNALS) process.on(signal, () => stopping.abort())
  return stopping.signal
}
