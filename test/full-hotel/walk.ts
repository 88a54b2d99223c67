import { randomUUID } from 'node:crypto'
import type { DescMethod } from '@bufbuild/protobuf'
import type { ServiceName } from '@hotel/stack/service-names'
import type { Suite } from '../harness/test-suite.ts'
import { type Answered, openAnyCall, registry } from './any-call.ts'
import type { FullHotel } from './full-hotel.ts'
import type { AboutFullHotel } from './requests-of-method.ts'

/** Every method of the API, internal ones included. */
export const methods = [...registry]
  .flatMap((type) => (type.kind === 'service' && type.typeName.startsWith('hotel.') ? type.methods : []))
  .map((method) => ({ name: `${method.parent.name}/${method.name}`, method }))

/** Calls a method with a token of these hotels, and an idempotency key of this call's own. */
export type CallAs = (hotels: readonly string[], method: DescMethod, about: AboutFullHotel) => Promise<Answered>

/** A CallAs of a suite; `close` ends its connections. */
export function openCallAs(suite: Suite): { callAs: CallAs; close(): void } {
  const { call, close } = openAnyCall()
  const tokens = new Map<string, Promise<string>>()
  const tokenOf = (hotels: readonly string[]) => {
    const token = tokens.get(hotels.join()) ?? suite.token({ subject: 'walker', hotels })
    tokens.set(hotels.join(), token)
    return token
  }
  return {
    async callAs(hotels, method, { request, at }) {
      const [, service] = method.parent.typeName.split('.')
      const address = suite.stack.addresses[at ?? (service as ServiceName)][0] ?? ''
      return call(address, method, request, {
        authorization: `Bearer ${await tokenOf(hotels)}`,
        // An import repeats itself by its rows, and takes no key.
        ...(method.name === 'Import' ? {} : { 'idempotency-key': randomUUID() }),
      })
    },
    close,
  }
}

/** An answer with names in place of the ids of a fullHotel. */
export function withoutIds(answered: Answered, { ids }: FullHotel): string {
  return Object.entries(ids).reduce((text, [name, id]) => text.replaceAll(id, name), JSON.stringify(answered))
}

/** What an answer says of a fullHotel, by the names of its ids, and the request has not. */
export function idsTold({ ids }: FullHotel, answered: Answered, { request }: AboutFullHotel): string[] {
  const [text, asked] = [JSON.stringify(answered), JSON.stringify(request)]
  return Object.entries(ids).flatMap(([name, id]) => (text.includes(id) && !asked.includes(id) ? [name] : []))
}

/** The requests about a fullHotel that name this one thing, in each place in turn, as another fullHotel has it. */
export function mixed(
  requests: (fullHotel: FullHotel) => readonly AboutFullHotel[],
  fullHotel: FullHotel,
  other: FullHotel,
): AboutFullHotel[] {
  const own = requests(fullHotel).map(({ request }) => JSON.stringify(request))
  return Object.keys(fullHotel.ids).flatMap((name) => {
    const ids = { ...fullHotel.ids, [name]: other.ids[name as keyof FullHotel['ids']] }
    return requests({ ...fullHotel, ids }).filter(({ request }, index) => JSON.stringify(request) !== own[index])
  })
}
