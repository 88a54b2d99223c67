import type { JsonObject } from '@bufbuild/protobuf'
import type { ServiceName } from '@hotel/stack/service-names'

/** A request that is among the dearest of its method. */
export type Dear = {
  readonly about: string
  /** Made for each call anew, about what was made for it. */
  readonly request: (subject: string, n: number) => JsonObject
  /** Makes something for a call to be about; not measured. */
  readonly subject?: () => Promise<string>
  /** The reason with which it is refused, when it is. */
  readonly refused?: string
  /** Where it goes when not only one service has the method. */
  readonly at?: ServiceName
}

/** Requests of methods by their names, as `GuestService/GetGuest`. */
export type Dearest = Readonly<Record<string, readonly Dear[]>>

export function dear(about: string, request: JsonObject | Dear['request'], more: Partial<Dear> = {}): Dear {
  return { about, request: typeof request === 'function' ? request : () => request, ...more }
}

/** A request about something that is made for it, by its id. */
export function byId(subject: () => Promise<{ id: string }>, more: JsonObject = {}): Dear {
  return dear('what there is', (id) => ({ id, ...more }), { subject: async () => (await subject()).id })
}

/** The largest page. */
export const PAGE = { page_size: 500 }

/** The longest text of so many characters. */
export function long(characters: number): string {
  return '\u{1F3E8}'.repeat(characters)
}
