import { randomUUID } from 'node:crypto'
import { clientScopes } from '@hotel/stack/identity/scopes'
import { checkHistory, newStaysOf } from '../data/history.ts'
import { openHome } from '../data/home.ts'
import type { Check } from '../frame/figure.ts'
import { sizesOf } from '../run.ts'
import { type Around, type Plan, type Soak, soak } from './phases.ts'
import { clockOf, memoryOf, processesOf } from './processes.ts'
import { loadThread } from './thread.ts'

/** Desks whose calls come in turn. */
const DESKS = 50

/** Starts a suite with a filled hotel, loads it, and looks at what that has left behind. */
export async function soakSuite(
  plan: Plan,
  isSmall: boolean,
  say: Around['say'],
): Promise<{ readonly soak: Soak; readonly checks: readonly Check[] }> {
  const sizes = { ...sizesOf(isSmall), arrivals: 1 }
  await using home = await openHome(sizes)
  await home.fill(sizes.some)
  const { stack, adminUrl, house } = home
  const { issuer, gateway } = stack
  if (issuer === undefined || gateway === undefined) throw new Error('the suite has no issuer or no gateway')
  const tokens = await Promise.all(
    Array.from({ length: DESKS }, (_, n) =>
      issuer.mint({ subject: `desk ${n}`, scopes: clientScopes, hotels: ['*'], ttlSeconds: 86_400 }),
    ),
  )
  const keys = `${randomUUID()}-`
  const address = `127.0.0.1:${gateway.port}`
  const processes = processesOf(stack)
  let done: Soak
  {
    await using load = loadThread({ address, tokens, house, reservations: sizes.some, keys, first: 0 })
    done = await soak(plan, { load, cpu: clockOf(processes), memory: () => memoryOf(processes), say })
  }
  const sum = (of: 'sent' | 'acknowledged') =>
    done.phases.reduce((total, { stretch }) => total + stretch.creates[of], 0)
  const sent = {
    keys,
    first: 0,
    sent: sum('sent'),
    acknowledged: sum('acknowledged'),
    stays: newStaysOf(house),
  }
  return { soak: done, checks: await checkHistory(adminUrl, [sent]) }
}
