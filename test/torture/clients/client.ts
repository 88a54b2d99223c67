import { setTimeout as sleep } from 'node:timers/promises'
import type { Json, Operation, World } from '../history/evidence.ts'
import type { Recorder } from '../history/recorder.ts'
import type { Planned } from '../plan/operations.ts'
import type { Door } from './doors.ts'
import { callOf, READS } from './requests.ts'

/** What all clients of a run share. */
export type Crowd = {
  readonly world: World
  readonly recorder: Recorder
  /** Doors by kind and gateway. */
  readonly doors: Readonly<Record<Planned['door'], readonly Door[]>>
  mint(subject: string): Promise<string>
  /** What operations have made, by their names. */
  readonly made: Map<string, string>
  /** Resolves when all clients have come to this meeting, or have waited for long enough. */
  meet(meeting: number): Promise<void>
  /** No operation begins any more. */
  isOver(): boolean
  /** No operation is tried again any more. */
  isLate(): boolean
}

/** So that other work on the machine gets on, too. */
const BETWEEN_MS = 15
const RETRY_AFTER_MS = 250

/** Does what is planned for one client, one operation after another, each until its outcome is known. */
export async function runClient(plan: readonly Planned[], crowd: Crowd): Promise<void> {
  for (const planned of plan) {
    if (crowd.isOver()) return
    if (planned.meeting !== undefined) await crowd.meet(planned.meeting)
    await runOperation(planned, crowd)
    await sleep(BETWEEN_MS)
  }
}

/** Does one operation, until its outcome is known; nothing when what it is to be done to is not there. */
export async function runOperation(planned: Planned, crowd: Crowd): Promise<void> {
  const call = callOf(planned, crowd.world, crowd.made)
  if (call === undefined) return
  const token = await crowd.mint(planned.name)
  const { name, client, act } = planned
  await perform(planned, crowd.recorder.operation({ name, client, act, ...call }), token, crowd)
}

async function perform(planned: Planned, operation: Operation, token: string, crowd: Crowd): Promise<void> {
  const isRead = READS.has(operation.method)
  const once = () => send(planned, operation, token, crowd, isRead)
  if (planned.repeat === 'together') await Promise.all([once(), once()])
  else await once()
  // Reads that nobody answered tell nothing, now or later.
  while (!isRead && !isKnown(operation) && !crowd.isLate()) {
    await sleep(RETRY_AFTER_MS)
    await once()
  }
  if (planned.repeat === 'after' && isDone(operation) && !crowd.isLate()) await once()
}

/** Sends it once, by the planned gateway; the next try takes the other one. */
async function send(planned: Planned, operation: Operation, token: string, crowd: Crowd, isRead: boolean) {
  const { recorder, doors, made } = crowd
  const gateway = (planned.gateway + operation.tries.length) % 2
  const door = doors[planned.door][gateway]
  if (door === undefined) throw new Error(`there is no gateway ${gateway}`)
  const attempt = recorder.begin(operation, planned.door, gateway)
  const outcome = await door.send(operation, { token, key: isRead ? undefined : operation.name })
  recorder.end(operation, attempt, outcome)
  const { do: act } = operation.act
  if (outcome.is === 'ok' && (act === 'book' || act === 'bookType' || act === 'block'))
    made.set(operation.name, (outcome.answer as Json).id)
}

function isKnown({ tries }: Operation): boolean {
  return tries.some(({ outcome }) => outcome?.is === 'ok' || outcome?.is === 'refused')
}

function isDone({ tries }: Operation): boolean {
  return tries.some(({ outcome }) => outcome?.is === 'ok')
}
