import { setTimeout as sleep } from 'node:timers/promises'
import { perService } from '@hotel/stack/service-names'
import { createClients } from '@hotel/test/harness/clients'
import { createSide } from '../data/calls.ts'
import { checkHistory, type SentCreates } from '../data/history.ts'
import type { Home } from '../data/home.ts'
import { idOf } from '../data/house.ts'
import { constant, type Round, type Side } from '../frame/figure.ts'
import { ascending, median, quantile } from '../frame/statistics.ts'
import type { Run } from '../run.ts'

const IN_FLIGHT = 128
const LAG = 'a new name in the view, p99'
const SECOND = 'one second'
const LOOK_EVERY_MS = 2

/**
 * From the answer to a guest's rename until the stays show the new name, in milliseconds, while creates run at half of the
 * rate that is the most.
 */
export async function some(run: Run, home: Home): Promise<void> {
  const sent: SentCreates[] = []
  const most = await mostCreates(home, sent, run.quick ? 1 : 4)
  await run.figure({
    name: 'rename-lag',
    title: `A guest’s new name in the view, while creates run at half of ${Math.round(most)}/s`,
    unit: 'ms',
    durability: home.durability,
    rows: { reservations: home.reservations },
    sides: [lagSide(home, sent, most / 2), constant(SECOND, 1_000)],
    comparisons: [{ of: LAG, to: SECOND, most: 1 }],
    check: () => checkHistory(home.adminUrl, sent),
  })
}

async function mostCreates(home: Home, sent: SentCreates[], seconds: number): Promise<number> {
  const side = createSide('creates', home, IN_FLIGHT, sent)
  const rounds: number[] = []
  for (let n = 0; n < 3; n++) rounds.push((await side.round(seconds)).value)
  return median(rounds)
}

/** The value is what all but a hundredth of the renames of a round took at most. */
function lagSide(home: Home, sent: SentCreates[], perSecond: number): Side {
  const creates = createSide('creates', home, IN_FLIGHT, sent, undefined, perSecond)
  return {
    name: LAG,
    by: 'clients of the bench',
    inFlight: 1,
    async round(seconds) {
      const over = new AbortController()
      const renaming = renames(home, over.signal)
      await creates.round(seconds).finally(() => over.abort())
      const lags = ascending(await renaming)
      const [p50, p99] = [quantile(lags, 0.5), quantile(lags, 0.99)]
      return { value: p99, calls: lags.length, p50, p99 } satisfies Round
    },
  }
}

/** Renames one guest after another who arrives within these days, and looks at the guest's stay until it shows the name. */
async function renames({ stack, token, house }: Home, over: AbortSignal): Promise<number[]> {
  const { clients, close } = createClients(
    perService((name) => stack.addresses[name][0] ?? ''),
    token,
  )
  const lags: number[] = []
  try {
    for (let n = 0; !over.aborted; n++) {
      // Even ones: the odd ones are cancelled by other figures.
      const stay = (n * 2) % Math.min(house.rooms, house.guests)
      const last_name = `Renamed ${n}`
      await clients.guests.updateGuest({ id: idOf('guest', stay), last_name })
      const renamed = performance.now()
      const id = idOf('reservation', stay)
      while ((await clients.reservations.getCurrentAndUpcoming({ id })).last_name !== last_name)
        await sleep(LOOK_EVERY_MS)
      lags.push(performance.now() - renamed)
    }
    return lags
  } finally {
    close()
  }
}
