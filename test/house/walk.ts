import { randomUUID } from 'node:crypto'
import type { DescMethod } from '@bufbuild/protobuf'
import type { ServiceName } from '@hotel/stack/service-names'
import type { Suite } from '@hotel/stack/test-suite'
import { type Answered, openAnyCall, registry } from './any-call.ts'
import type { House } from './house.ts'
import type { AboutHouse } from './requests.ts'

/** Every method of the API, internal ones included. */
export const methods = [...registry]
  .flatMap((type) => (type.kind === 'service' && type.typeName.startsWith('hotel.') ? type.methods : []))
  .map((method) => ({ name: `${method.parent.name}/${method.name}`, method }))

/** Calls a method with a token of these hotels, and an idempotency key of this call's own. */
export type CallAs = (hotels: readonly string[], method: DescMethod, about: AboutHouse) => Promise<Answered>

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

/** An answer with names in place of the ids of a house. */
export function withoutIds(answered: Answered, { ids }: House): string {
  return Object.entries(ids).reduce((text, [name, id]) => text.replaceAll(id, name), JSON.stringify(answered))
}

/** What an answer says of a house, by the names of its ids, and the request has not. */
export function idsTold({ ids }: House, answered: Answered, { request }: AboutHouse): string[] {
  const [text, asked] = [JSON.stringify(answered), JSON.stringify(request)]
  return Object.entries(ids).flatMap(([name, id]) => (text.includes(id) && !asked.includes(id) ? [name] : []))
}

/** The requests about a house that name this one thing, in each place in turn, as another house has it. */
export function mixed(requests: (house: House) => readonly AboutHouse[], house: House, other: House): AboutHouse[] {
  const own = requests(house).map(({ request }) => JSON.stringify(request))
  return Object.keys(house.ids).flatMap((name) => {
    const ids = { ...house.ids, [name]: other.ids[name as keyof House['ids']] }
    return requests({ ...house, ids }).filter(({ request }, index) => JSON.stringify(request) !== own[index])
  })
}
