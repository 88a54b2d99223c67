import type { EntityManager } from '../database/database.ts'

/**
 * Asks the database, or changes it, for several writes by one statement; gives what each gets, in their order. An Error is
 * thrown to its write, and says that nothing was changed for it.
 */
export type Ask<Item, Result> = (em: EntityManager, items: readonly Item[]) => Promise<(Result | Error)[]>

/** How far a write is: while it decides, its statements may change something. */
export type Progress = { stage: 'BEGINS' | 'DECIDES' | 'MEETS' | 'ENDED'; hasChanged: boolean }

type Asked<Item, Result> = {
  readonly progress: Progress
  readonly item: Item
  resolve(result: Result): void
  reject(error: unknown): void
}

/** Where the writes of a transaction meet, to ask for something by one statement. */
export function meetingOf(em: EntityManager) {
  const members: Progress[] = []
  /** The questions for each kind of statement. */
  const asked = new Map<unknown, { run(): Promise<void>; all: Asked<never, never>[] }>()
  let isOpen = false

  const runFor = async <Item, Result>(ask: Ask<Item, Result>, all: readonly Asked<Item, Result>[]): Promise<void> => {
    const results = await ask(
      em,
      all.map(({ item }) => item),
    ).catch((error: Error) => all.map(() => error))
    for (const [index, { progress, resolve, reject }] of all.entries()) {
      const result = results[index] as Result | Error
      progress.stage = 'DECIDES'
      if (result instanceof Error) reject(result)
      else {
        progress.hasChanged = true
        resolve(result)
      }
    }
  }
  const goOn = () => {
    if (!isOpen || members.some(({ stage }) => stage === 'BEGINS' || stage === 'DECIDES')) return
    const kinds = [...asked.values()]
    asked.clear()
    for (const { run } of kinds) void run()
  }

  return {
    join: (progress: Progress) => members.push(progress),
    /** All that take part are there. */
    open() {
      isOpen = true
      goOn()
    },
    goOn,
    ask: <Item, Result>(progress: Progress, ask: Ask<Item, Result>, item: Item) =>
      new Promise<Result>((resolve, reject) => {
        const all = (asked.get(ask)?.all ?? []) as Asked<unknown, unknown>[] as Asked<Item, Result>[]
        all.push({ progress, item, resolve, reject })
        asked.set(ask, { run: () => runFor(ask, all), all: all as Asked<unknown, unknown>[] as never })
        progress.stage = 'MEETS'
        goOn()
      }),
  }
}
