import { Batch, type Outcome, Outcome_Kind } from '@hotel/proto/hotel/transfer/v1/transfer'
import { DEFAULT_HOTEL } from '@hotel/runtime/errors/id'
import type { PerService } from '@hotel/stack/service-names'
import type { TransferClient } from '../clients.ts'
import type { Entry } from '../sending/batches.ts'
import { validate } from '../sending/sending.ts'
import { derivedId } from './ids.ts'
import type { KindName } from './kind.ts'
import { kindOf } from './kinds.ts'

type Message = Record<string, unknown>

/**
 * What was imported when a key still counted as it was written, case, braces and all, and so has another id than the key makes now:
 * a line with such a key is that one again, and no new one.
 */
export class FormerIds {
  readonly #clients: PerService<TransferClient>
  readonly #signal: AbortSignal
  /** Of guests, by the ids that their keys make now. */
  readonly #guests = new Map<string, string>()

  /** The signal ends what is asked. */
  constructor(clients: PerService<TransferClient>, signal: AbortSignal) {
    this.#clients = clients
    this.#signal = signal
  }

  /** The entries of a file, under their former ids where those are there, and of guests who have theirs. */
  async *settled(kind: KindName, batches: AsyncIterable<Entry[]>): AsyncGenerator<Entry[]> {
    for await (const entries of batches) {
      if (kind === 'guests') yield await this.#withOwn(kind, entries)
      else if (kind === 'reservations') yield await this.#withOwn(kind, entries.map(this.#withGuest))
      else yield entries
    }
  }

  async #withOwn(kind: 'guests' | 'reservations', entries: Entry[]): Promise<Entry[]> {
    const former = entries.map((entry) => formerly(kind, entry))
    const asked = former.filter((entry) => entry !== undefined)
    if (asked.length === 0) return entries
    const client = this.#clients[kindOf(kind).service]
    const rows = asked.map((entry) => probe(kind, entry).encoded)
    const outcomes = await validate(client, rows, this.#signal)
    const there = new Set(asked.filter((_, index) => isThere(outcomes[index])))
    return entries.map((entry, index) => {
      const before = former[index]
      if (before === undefined || !there.has(before)) return entry
      if (kind === 'guests') this.#guests.set(idOf(entry), idOf(before))
      return before
    })
  }

  readonly #withGuest = (entry: Entry): Entry => {
    const { reservation } = (entry.message ?? {}) as { reservation?: Message }
    const guest = this.#guests.get(String(reservation?.guest))
    return guest === undefined ? entry : changed('reservations', entry, { guest })
  }
}

/** An entry under the id that its key made as it is written; undefined where that is the same, or the line has no key. */
function formerly(kind: 'guests' | 'reservations', entry: Entry): Entry | undefined {
  const { key, id } = entry.line.cells
  if (entry.message === undefined || key === undefined || id !== undefined) return undefined
  const { hotel = DEFAULT_HOTEL } = partOf(entry.message) as { hotel?: string }
  const former = derivedId(kind === 'guests' ? 'guest' : 'reservation', hotel, key)
  return former === idOf(entry) ? undefined : changed(kind, entry, { id: former })
}

/** Asks whether an id is there: of a guest the id is enough, with any other content of the line. */
function probe(kind: 'guests' | 'reservations', entry: Entry): Encoded {
  if (kind === 'reservations') return entry as Encoded
  const { id, hotel } = entry.message as Message
  return encoded(kind, entry, { id, hotel, first_name: 'x' })
}

type Encoded = Entry & { readonly encoded: Uint8Array }

function changed(kind: 'guests' | 'reservations', entry: Entry, by: Message): Encoded {
  const { reservation, ...rest } = entry.message as Message & { reservation?: Message }
  const message = reservation === undefined ? { ...rest, ...by } : { ...rest, reservation: { ...reservation, ...by } }
  return encoded(kind, entry, message)
}

function encoded(kind: KindName, entry: Entry, message: Message): Encoded {
  return { ...entry, message, encoded: Batch.encode(Batch.fromPartial({ [kind]: [message] })).finish() }
}

function partOf(message: Message): Message {
  return (message.reservation as Message | undefined) ?? message
}

function idOf({ message = {} }: Entry): string {
  return String(partOf(message).id)
}

function isThere(outcome: Outcome | undefined): boolean {
  return outcome?.kind === Outcome_Kind.ALREADY_THERE || outcome?.reason === 'ID_TAKEN'
}
