import { ClientError, Status } from 'nice-grpc'
import { isAny } from '../../changes/feed-listener.ts'
import { forkFor, query } from '../../database/database.ts'
import { find } from '../../database/find.ts'
import { type ByHotel, byHotel, intervalJob } from '../../process/interval-job.ts'
import { clearMarks, deleteNow, GIVE_UP_AFTER, type Mark, type Retired, takeBack } from './retiring.ts'

const FINISH_AFTER = '10 seconds'
const FINISH_EVERY_MS = 5_000
const ROUND_MS = 60_000
/** Marks of a hotel that one round looks at. */
const MOST_OF_HOTEL = 20

/** Finishes, again and again, the deletions of one kind of resource that were left behind. Returns how to stop. */
export function finishRetirements<Message extends object>(options: Retired<Message>): () => Promise<void> {
  const { name, log } = options
  const job = { failed: `deletions of a ${name} not finished`, level: 'debug', log } as const
  const inTurn = byHotel(job)
  return intervalJob({ ...job, everyMs: FINISH_EVERY_MS, limitMs: ROUND_MS }, (signal) =>
    finishAll(options, inTurn, signal),
  )
}

async function finishAll<Message extends object>(
  options: Retired<Message>,
  inTurn: ByHotel,
  signal: AbortSignal,
): Promise<void> {
  const { orm, name, heads } = options
  const due = `${name} where retiring_time < clock_timestamp() - interval '${FINISH_AFTER}'`
  if (!(await isAny(heads, due))) return
  const left = await query<Mark & { late: boolean }>(
    forkFor(orm, signal),
    `select hotel_id as hotel, id, version, retire_attempt as attempt,
       retiring_time < clock_timestamp() - interval '${GIVE_UP_AFTER}' as late
     from (
       select *, row_number() over (partition by hotel_id order by retiring_time) as place from ${due}) marked
     where place <= ${MOST_OF_HOTEL}`,
  )
  await inTurn(
    Map.groupBy(left, ({ hotel }) => hotel),
    signal,
    (_hotel, { late, ...mark }, ending) => (late ? giveUp(options, mark, ending) : finishOne(options, mark, ending)),
  )
}

/** Ends a deletion that was tried for long enough, unless it was asked for again meanwhile. */
async function giveUp<Message extends object>(
  { writer, name, entity, log }: Retired<Message>,
  mark: Mark,
  ending: AbortSignal,
): Promise<void> {
  const { hotel, id, attempt } = mark
  await writer.system(
    hotel,
    async (written) => {
      const resource = await find(written.em, entity, hotel, id)
      const still = `select from ${name} where hotel_id = $1 and id = $2 and retire_attempt = $3 and retiring_time is not null`
      if ((await query(written.em, still, [hotel, id, attempt])).length === 0) return
      takeBack(resource, written)
      log.warn({ id }, `the deletion of a ${name} is given up: the reservations service has not decided it`)
    },
    ending,
  )
}

async function finishOne<Message extends object>(
  options: Retired<Message>,
  mark: Mark,
  ending: AbortSignal,
): Promise<void> {
  const { writer, ask, entity } = options
  const within5s = () => AbortSignal.any([ending, AbortSignal.timeout(5_000)])
  const agreed = await ask(mark, within5s()).then(() => true, isRefused)
  if (!agreed) return clearMarks(options, mark, within5s())
  await writer.system(
    mark.hotel,
    async (written) => {
      const resource = await find(written.em, entity, mark.hotel, mark.id)
      if (resource.deleteTime || resource.version !== mark.version) return
      deleteNow(resource, { ...written, actor: resource.retiringBy ?? written.actor })
    },
    ending,
  )
}

function isRefused(error: unknown): false {
  if (error instanceof ClientError && error.code === Status.FAILED_PRECONDITION) return false
  throw error
}
