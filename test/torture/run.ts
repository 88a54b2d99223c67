import { mkdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { watchStalls } from './clients/canary.ts'
import { type Crowd, runClient, runOperation } from './clients/client.ts'
import { grpcDoor, restDoor } from './clients/doors.ts'
import { meetings } from './clients/meetings.ts'
import { type Watcher, watchHotel } from './clients/watcher.ts'
import type { Evidence, World } from './history/evidence.ts'
import { openRecorder, type Recorder, writeRest } from './history/recorder.ts'
import { readFinal } from './house/final-state.ts'
import { type House, openHouse } from './house/house.ts'
import { settle } from './house/settle.ts'
import { makeWorld } from './house/world.ts'
import { clockBounds, runNemesis } from './nemesis/nemesis.ts'
import { FINALE_APART_MS, FINALES, finale } from './plan/finale.ts'
import type { Plan } from './plan/operations.ts'

export type RunOptions = {
  /** Where the history is kept. */
  readonly folder: string
  readonly say: (sentence: string) => void
  /** Ends the run before its time; nothing is left running. */
  readonly signal: AbortSignal
  /** One guests and one rooms service do: for a busy machine. */
  readonly isLight?: boolean
}

/** Clients try on so long after the last operation has begun. */
const LATE_MS = 30_000

/** Carries a plan out on a suite of its own; gives all that can be judged by, which is also in the folder. */
export async function run(plan: Plan, options: RunOptions): Promise<Evidence> {
  const { folder, say, isLight = false } = options
  await mkdir(folder, { recursive: true })
  say('Starting the suite: several of each service, two gateways, Postgres, Redis ...')
  await using house = await openHouse(options.signal, isLight)
  const world = await makeWorld(house)
  const recorder = openRecorder(folder)
  // What fails ends all: nobody goes on calling.
  const failing = new AbortController()
  const signal = AbortSignal.any([options.signal, failing.signal])
  try {
    return await carryOut(plan, house, world, recorder, { ...options, signal })
  } finally {
    failing.abort()
    await recorder.close()
  }
}

async function carryOut(
  plan: Plan,
  house: House,
  world: World,
  recorder: Recorder,
  { folder, say, signal }: RunOptions,
): Promise<Evidence> {
  const crowd = openCrowd(plan, house, world, recorder, signal)
  const watchers = await startWatchers(house, world, recorder)
  say(`${plan.clients.length} clients for ${plan.seconds} s, ${plan.faults.length} faults, seed ${plan.seed} ...`)
  await using over = new AsyncDisposableStack()
  const canary = watchStalls(recorder.now)
  over.defer(canary.stop)
  const [harm] = await Promise.all([
    runNemesis(plan.faults, house, recorder, signal),
    ...plan.clients.map((planned) => runClient(planned, crowd)),
  ])
  signal.throwIfAborted()
  say('All calls have ended; what there is now is read ...')
  const stuck = [...harm.stuck, ...(await settle(house, watchers, canary))]
  for (let round = 0; round < FINALES && stuck.length === 0; round++) {
    // A little apart, so that what one commit wakes still reads when the next one wakes it.
    await Promise.all(
      finale(round).map((planned, n) => sleep(n * FINALE_APART_MS).then(() => runOperation(planned, crowd))),
    )
    stuck.push(...(await settle(house, watchers, canary)))
  }
  for (const { stop } of watchers) await stop()
  for (const door of [...crowd.doors.grpc, ...crowd.doors.rest]) door.close()
  const evidence: Evidence = {
    seed: plan.seed,
    seconds: plan.seconds,
    world,
    operations: crowd.operations,
    faults: harm.faults,
    watched: watchers.map(({ watched }) => watched),
    stalls: canary.stalls,
    clock: clockBounds(plan.faults),
    final: await readFinal(house, world, stuck),
  }
  await writeRest(folder, evidence)
  return evidence
}

function openCrowd(plan: Plan, house: House, world: World, recorder: Recorder, signal: AbortSignal) {
  const operations: Evidence['operations'][number][] = []
  const overAt = plan.seconds * 1_000
  const isMeeting = (client: Plan['clients'][number]) => client.some(({ meeting }) => meeting !== undefined)
  const crowd: Crowd = {
    world,
    recorder: {
      ...recorder,
      operation(given) {
        const operation = recorder.operation(given)
        operations.push(operation)
        return operation
      },
    },
    doors: { grpc: house.doors.map(grpcDoor), rest: house.doors.map(restDoor) },
    mint: house.mint,
    made: new Map(),
    meet: meetings(plan.clients.filter(isMeeting).length),
    isOver: () => signal.aborted || recorder.now() > overAt,
    isLate: () => signal.aborted || recorder.now() > overAt + LATE_MS,
  }
  return { ...crowd, operations }
}

/** Two for the large hotel, one at each gateway, and one for the small one. */
async function startWatchers(house: House, world: World, recorder: Recorder): Promise<Watcher[]> {
  const hotels = [world.places[0]?.hotel, world.places[0]?.hotel, world.places[2]?.hotel]
  const token = await house.mint('watcher')
  return hotels.map((hotel, n) => watchHotel(`watcher ${n}`, house.doors[n % 2] ?? '', token, hotel ?? '', recorder))
}
