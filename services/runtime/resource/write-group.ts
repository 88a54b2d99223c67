import type { EntityManager } from '../database/database.ts'
import { NotTogether } from '../database/head-turns.ts'
import { type Saved, save, savedOf, unsavedOf } from '../database/save.ts'
import type { Transaction } from '../database/transaction.ts'
import { databaseError } from '../errors/database-error.ts'
import { type Ask, meetingOf, type Progress } from './meeting.ts'
import { type KeyOfWrite, storeKeys } from './repeats.ts'

/** The hotel's head as a transaction has it. */
export type Head = {
  /** The time of the write. */
  readonly now: Date
  /** The number of the hotel's last change. */
  readonly before: bigint
}

/** What a write decides with. */
export type AtHead = Head & {
  /** Runs `ask` once for all writes of the transaction that come to such a point, when none of them does anything else. */
  together<Item, Result>(ask: Ask<Item, Result>, item: Item): Promise<Result>
}

/** What a write came to: its result, and the key that it is kept under, if it has one. */
export type Decided<Result> = { readonly result: Result; readonly key?: KeyOfWrite | undefined }

/** A write as it takes part in a transaction, alone or along with others of its hotel. */
export type Task<Result = unknown> = {
  readonly signal: AbortSignal
  /** Sends what it asks the database before it decides, at once, and changes nothing; gives how it decides. */
  begin(em: EntityManager): (at: AtHead) => Promise<Decided<Result>>
}

/** The writes of one transaction, under the head of their hotel. */
export type WriteGroup = Disposable & {
  /** Lets a write take part: it begins at once, and decides when the head is taken. */
  add(task: Task): void
  /**
   * Commits what the writes came to; those that were refused before they changed anything leave the others as they are.
   * Throws NotTogether for several writes of which one can not be undone by itself.
   */
  finish(): Promise<PromiseSettledResult<unknown>[]>
}

type Member = {
  readonly task: Task
  readonly em: EntityManager
  readonly decided: Promise<Decided<unknown>>
  readonly progress: Progress
}

/** Makes the group of a transaction; `head` is on its way. `saved` is told of the rows that are committed. */
export function writeGroup(
  transaction: Transaction,
  head: Promise<Head>,
  saved: (rows: readonly Saved[]) => void,
): WriteGroup {
  const members: Member[] = []
  const meeting = meetingOf(transaction.manager())
  const cancelUnwanted = () => {
    if (members.every(({ task }) => task.signal.aborted)) transaction.cancel()
  }
  const decide = async (progress: Progress, decide: (at: AtHead) => Promise<Decided<unknown>>) => {
    const at = await head
    progress.stage = 'DECIDES'
    try {
      return await decide({ ...at, together: (ask, item) => meeting.ask(progress, ask, item) })
    } finally {
      progress.stage = 'ENDED'
      meeting.goOn()
    }
  }

  return {
    add(task) {
      const progress: Progress = { stage: 'BEGINS', hasChanged: false }
      const em = transaction.manager(() => {
        if (progress.stage === 'DECIDES') progress.hasChanged = true
      })
      meeting.join(progress)
      const decided = decide(progress, task.begin(em))
      decided.catch(() => undefined)
      members.push({ task, em, decided, progress })
      task.signal.addEventListener('abort', cancelUnwanted)
      if (task.signal.aborted) cancelUnwanted()
    },
    async finish() {
      try {
        meeting.open()
        const outcomes = await Promise.allSettled(members.map(({ decided }) => decided))
        demandWhole(transaction, members, outcomes)
        saved(await commit(transaction, members, outcomes))
        return outcomes.map((outcome) =>
          outcome.status === 'fulfilled' ? { ...outcome, value: outcome.value.result } : outcome,
        )
      } catch (error) {
        throw members.length > 1 && isOfOne(error) ? new NotTogether() : error
      }
    },
    [Symbol.dispose]() {
      for (const { task } of members) task.signal.removeEventListener('abort', cancelUnwanted)
    },
  }
}

type Outcomes = readonly PromiseSettledResult<Decided<unknown>>[]

/** Throws when what one write did can not be told from what the others did. */
function demandWhole(transaction: Transaction, members: readonly Member[], outcomes: Outcomes): void {
  if (members.length === 1) {
    if (outcomes[0]?.status === 'rejected') throw outcomes[0].reason
    return
  }
  if (transaction.failure() !== undefined) throw transaction.failure()
  if (outcomes.some(({ status }, index) => status === 'rejected' && members[index]?.progress.hasChanged === true))
    throw new NotTogether()
}

/** Writes what was decided, keys last, and commits, all in one round trip; gives the rows. */
async function commit(transaction: Transaction, members: readonly Member[], outcomes: Outcomes): Promise<Saved[]> {
  const made = outcomes.flatMap((outcome, index) => {
    const member = members[index]
    return outcome.status === 'fulfilled' && member !== undefined ? [{ member, ...outcome.value }] : []
  })
  const unsaved = made.map(({ member }) => unsavedOf(member.em))
  const saved = unsaved.map(savedOf)
  const keys = made.flatMap(({ key }, index) => (key === undefined ? [] : [{ ...key, saved: saved[index] ?? [] }]))
  const hasChanged =
    keys.length > 0 || made.some(({ member }) => member.progress.hasChanged) || unsaved.flat().length > 0
  // Without it the transaction is rolled back, which waits for no disk.
  if (hasChanged)
    await Promise.all([save(transaction, unsaved.flat()), storeKeys(transaction, keys), transaction.commit()])
  return saved.flat()
}

/** Whether an error is of one write: with the others, or alone, it need not come again. */
function isOfOne(error: unknown): boolean {
  if (error instanceof NotTogether) return true
  const state = databaseError(error)?.sqlState
  return state !== undefined && !/^(08|25|28|53|57|58|XX)/.test(state)
}
