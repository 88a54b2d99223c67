import type { Violation } from '../history/evidence.ts'
import { SMALL_PLACE } from '../plan/shape.ts'
import { serialOrder } from '../serial/search.ts'
import { after, type Event, eventsOf, type SmallHotel } from '../serial/small-hotel.ts'
import type { Judged } from './judged.ts'
import { violations } from './violations.ts'

/**
 * The calls on the small hotel have an order, one after another, in which each was told the truth. It is looked for by the
 * answers alone: neither the feed nor what is stored is asked.
 */
export function judgeSerial({ evidence }: Judged): Violation[] {
  const { found, add } = violations('one call after another')
  const events = eventsOf(evidence.operations.filter(({ act }) => act.place === SMALL_PLACE))
  const search = serialOrder<SmallHotel, Event>(events, { initial: new Map(), after, textOf })
  if (search.is === 'GIVEN UP')
    add('given up', 'the search for an order was given up: too many are possible', evidence.seconds * 1_000, [])
  if (search.is === 'NONE') {
    const { furthest, blocked } = search
    const names = blocked.map(({ name }) => name)
    const what = blocked.map(
      ({ name, method, request, outcome }) => `${name} ${method} ${JSON.stringify(request)} ${JSON.stringify(outcome)}`,
    )
    const message = `no order of ${events.length} calls explains their answers: after ${furthest.length} none of these can come next: ${what.join('; ')}`
    const touched = blocked.flatMap(({ request }) => [request.id, ...(request.reservations ?? [])].filter(Boolean))
    add('none', message, Math.max(...blocked.map(({ end, start }) => (end < Number.POSITIVE_INFINITY ? end : start))), [
      ...names,
      ...touched,
    ])
  }
  return found
}

function textOf(hotel: SmallHotel): string {
  return [...hotel]
    .map(([id, { rooms, from, until, isLive }]) => `${id} ${rooms} ${from} ${until} ${isLive}`)
    .sort()
    .join()
}
