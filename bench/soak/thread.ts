import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Load, Stretch } from './load.ts'
import type { Given, Order } from './worker.ts'

/** A Load on a thread of its own: the program that runs the suite passes on the lines of all processes meanwhile. */
export function loadThread(given: Given): AsyncDisposable & Pick<Load, 'run'> {
  const worker = new Worker(new URL('worker.ts', import.meta.url), { workerData: given })
  return {
    async run(pace, seconds) {
      worker.postMessage({ pace, seconds } satisfies Order)
      // Rejects with the error of the thread, if there is one.
      const [stretch] = (await once(worker, 'message')) as [Stretch]
      return stretch
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate()
    },
  }
}
