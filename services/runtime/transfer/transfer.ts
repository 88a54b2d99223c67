import type { Outcome, TransferServiceImplementation } from '@hotel/proto/hotel/transfer/v1/transfer'
import { Batch, Outcome_Kind as Kind } from '@hotel/proto/hotel/transfer/v1/transfer'
import type { CallContext } from 'nice-grpc'
import { isId } from '../errors/id.ts'
import { invalidFields, type Refusal } from '../errors/refusal.ts'
import { batchOrder, type Turn } from './batch-order.ts'
import { type ExportOptions, exportStreams } from './export-streams.ts'

const MOST_ROWS = 1_000

/** How a batch is imported. */
export type Importing = {
  readonly call: CallContext
  readonly turn: Turn
  /** When it is only validated: what is taken as there besides what is. */
  readonly assumed?: Batch | undefined
}

/** How the resources of one kind come in and go out. */
export type Transfer<Message> = {
  /** Stores the resources when their turn comes, each by itself; gives what became of each, in their order. */
  import(messages: Message[], importing: Importing): Promise<Outcome[]>
  /** All resources of the kind as of one moment. */
  readonly export: (call: CallContext) => AsyncIterable<Message[]>
}

/** The kinds that a service owns, under the names of their lists. */
export type Transfers = { readonly [List in keyof Batch]?: Transfer<Batch[List][number]> }

/** The suite's own import and export of a service; the proto's comments say what it promises. */
export function transferService(transfers: Transfers, options: ExportOptions): TransferServiceImplementation {
  const exporting = exportStreams(options)
  const inOrder = batchOrder()
  const of = (list: string, field: string) => {
    const transfer = Object.hasOwn(transfers, list) ? (transfers[list as keyof Batch] as Transfer<never>) : undefined
    if (transfer === undefined) {
      const description = `are not of this service: it has ${Object.keys(transfers).join(', ')}`
      throw invalidFields([{ field, description }])
    }
    return transfer
  }
  return {
    async import({ batch, validate_only, assumed: given, ...place }, call) {
      refuseKey(call)
      const assumed = assumedOf(validate_only, given)
      const filled = Object.entries(batch ?? {}).filter(([, rows]) => rows.length > 0)
      const [list = '', rows = []] = filled[0] ?? []
      if (filled.length > 1 || rows.length > MOST_ROWS) {
        throw invalidFields([{ field: 'batch', description: `has several kinds, or more than ${MOST_ROWS} resources` }])
      }
      const store = (turn: Turn) =>
        rows.length === 0
          ? turn().then(() => [])
          : of(list, `batch.${list}`).import(rows as never[], { call, turn, assumed })
      return { outcomes: await inOrder(place, store) }
    },
    async *export({ resource }, call) {
      const transfer = of(resource, 'resource')
      for await (const rows of exporting(call, transfer.export)) yield { batch: { [resource]: rows } }
    },
  }
}

/** What a batch that is only validated assumes; undefined for one that is stored. */
function assumedOf(validateOnly: boolean, given: Partial<Batch> = {}): Batch | undefined {
  const { hotels = [], ...others } = given
  const refuse = (description: string) => invalidFields([{ field: 'assumed', description }])
  const ids = [hotels.map(({ id }) => [id]), ...Object.values(others).map(idsOf)].flat(2)
  if (!ids.every(isId))
    throw refuse('has a resource without an id or a hotel: give the 36 lower-case characters of both')
  if (!validateOnly && ids.length > 0) throw refuse('is only for a batch with validate_only: leave it out')
  return validateOnly ? Batch.fromPartial(given) : undefined
}

function idsOf(rows: readonly object[]): string[][] {
  return rows.map((row) => {
    const { id = '', hotel = '' } = row as { id?: string; hotel?: string }
    return [id, hotel]
  })
}

/** A key would be kept for each hotel of a batch, and its answer is of many resources: the ids of the rows do better. */
function refuseKey(call: CallContext): void {
  if (call.metadata.get('idempotency-key') === undefined) return
  const description = 'is not used by an import: leave it out; sending a batch again is safe'
  throw invalidFields([{ field: 'idempotency-key', description }])
}

export const CREATED: Outcome = { kind: Kind.CREATED, reason: '', fields: [], message: '' }
export const ALREADY_THERE: Outcome = { kind: Kind.ALREADY_THERE, reason: '', fields: [], message: '' }

/** The outcome of a row that is refused. */
export function refused({ reason, details, extra }: Refusal): Outcome {
  const fields = extra.flatMap((detail) =>
    detail.$type === 'google.rpc.BadRequest' ? detail.fieldViolations.map(({ field }) => field) : [],
  )
  return { kind: Kind.REFUSED, reason, fields, message: details }
}
