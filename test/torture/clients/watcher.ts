import { setTimeout as sleep } from 'node:timers/promises'
import { perService } from '@hotel/stack/service-names'
import { createClients } from '../../harness/clients.ts'
import type { Watched } from '../history/evidence.ts'
import type { Recorder } from '../history/recorder.ts'

/** One who keeps a copy of a hotel's reservations by their feed, and goes on from the last cursor after each break. */
export type Watcher = {
  readonly watched: Watched
  /** Ends it. */
  stop(): Promise<void>
}

const AGAIN_AFTER_MS = 100

/** Begins to watch a hotel through a gateway, from its first change on. */
export function watchHotel(name: string, address: string, token: string, hotel: string, recorder: Recorder): Watcher {
  const watched: Watched = { watcher: name, hotel, told: [] }
  const stopping = new AbortController()
  const { clients, close } = createClients(
    perService(() => address),
    token,
  )
  const watching = (async () => {
    let cursor = ''
    while (!stopping.signal.aborted) {
      try {
        for await (const answer of clients.reservations.watchReservations(
          { hotel, cursor },
          { signal: stopping.signal },
        )) {
          const changes = answer.changes.map(({ reservation, version }) => ({
            id: reservation?.id ?? '',
            version: Number(version),
          }))
          recorder.told(watched, changes)
          cursor = answer.cursor
        }
      } catch {
        // Whatever ended the stream: the next one begins after what was told.
      }
      await sleep(AGAIN_AFTER_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  })()
  return {
    watched,
    async stop() {
      stopping.abort()
      await watching
      close()
    },
  }
}
