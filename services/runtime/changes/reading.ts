import type { FeedServiceDefinition, ListChangesResponse } from '@hotel/proto/hotel/feed/v1/feed'
import type { Client } from 'nice-grpc'
import { repeatable } from '../peers/peers.ts'
import { Renumbered, type Replica, type Standing } from './replica.ts'

/** One reading of a peer's feed: from where the replica stands up to the heads as they come, until the stream ends. */
export type Reading = {
  readonly epoch: string
  /** Takes a part of the list of all heads, or heads that moved; gives the hotels that have something to be done. */
  heads(heads: readonly { hotel: string; seq: bigint }[], more: boolean): string[]
  /** Does a hotel's next page; true when something is left. What it throws is of that hotel, or Renumbered. */
  step(hotel: string): Promise<boolean>
  /** Hotels that are behind, with how many changes are missing and since when, by performance.now(). */
  late(): { hotel: string; changes: bigint; since: number }[]
  /** Whether all is applied that the first list of heads told of, but of these hotels. */
  isCaughtUp(isSetAside: (hotel: string) => boolean): boolean
}

type Options = {
  name: string
  client: Client<FeedServiceDefinition>
  replica: Replica
  standing: Standing
  signal: AbortSignal
  applied: (changes: number) => void
}

/** Begins a reading. */
export function newReading({ name, client, replica, standing, signal, applied: count }: Options): Reading {
  const { epoch = '', applied, unsure } = standing
  const wanted = new Map<string, bigint>()
  const late = new Map<string, { since: number; target: bigint }>()
  const atFirst = new Map<string, bigint>()
  let isListed = false

  const placeOf = (hotel: string) => applied.get(hotel) ?? 0n
  const headOf = (hotel: string) => wanted.get(hotel) ?? 0n
  // A place beyond the head is a fault to be told, in its turn.
  const isBehind = (hotel: string) => placeOf(hotel) !== headOf(hotel) || unsure.has(hotel)

  /** Notes how long a hotel is behind what was known at one moment. */
  const look = (hotel: string): boolean => {
    const behind = isBehind(hotel)
    const known = late.get(hotel)
    if (!behind) late.delete(hotel)
    else if (known === undefined || placeOf(hotel) >= known.target)
      late.set(hotel, { since: performance.now(), target: headOf(hotel) })
    if (placeOf(hotel) >= (atFirst.get(hotel) ?? 0n) && !unsure.has(hotel)) atFirst.delete(hotel)
    return behind
  }

  const nextPage = async (hotel: string) => {
    const after = placeOf(hotel)
    const answer = await client.listChanges({ hotel, after_seq: after, latest_only: true }, repeatable(signal))
    if (answer.epoch !== epoch) throw new Renumbered()
    const upTo = endOf(answer, after)
    if (upTo <= after) throw new Error(`the ${name} feed of the hotel ends before its head`)
    await replica.apply(hotel, { epoch, after, upTo, changes: answer.changes }, signal)
    applied.set(hotel, upTo)
    // More than was known may come with a page.
    if (upTo > headOf(hotel)) wanted.set(hotel, upTo)
    count(answer.changes.length)
  }

  return {
    epoch,
    heads(heads, more) {
      for (const { hotel, seq } of heads) if (seq > headOf(hotel)) wanted.set(hotel, seq)
      if (more) return []
      if (isListed) return heads.map(({ hotel }) => hotel).filter(look)
      isListed = true
      const behind = [...new Set([...wanted.keys(), ...applied.keys(), ...unsure])].filter(look)
      for (const hotel of behind) atFirst.set(hotel, headOf(hotel))
      return behind
    },
    async step(hotel) {
      if (placeOf(hotel) > headOf(hotel)) throw lost(name)
      if (placeOf(hotel) < headOf(hotel)) await nextPage(hotel)
      else if (unsure.has(hotel) && (await replica.forget(hotel, epoch, signal))) unsure.delete(hotel)
      return look(hotel)
    },
    late: () =>
      [...late].map(([hotel, { since }]) => ({ hotel, since, changes: atLeast0(headOf(hotel) - placeOf(hotel)) })),
    isCaughtUp: (isSetAside) => isListed && [...atFirst.keys()].every(isSetAside),
  }
}

/** A peer of the build before says no number: its pages leave nothing out. */
export function endOf({ up_to, changes }: ListChangesResponse, after: bigint): bigint {
  return up_to > 0n ? up_to : (changes.at(-1)?.seq ?? after)
}

function atLeast0(changes: bigint): bigint {
  return changes > 0n ? changes : 0n
}

function lost(name: string): Error {
  return new Error(
    `the ${name} feed of the hotel ends before the applied changes: was its database restored without a new feed_epoch (docs/operating.md)?`,
  )
}
