import { DEFAULT_HOTEL } from '@hotel/runtime/errors/id'
import { folded } from '@hotel/runtime/read/folded'
import type { PerService } from '@hotel/stack/service-names'
import type { TransferClient } from '../clients.ts'
import { invalid } from '../sending/problems.ts'
import { uuidOf, visible } from './folding.ts'
import { guestId } from './ids.ts'

type Listed = { id: string; hotel: string; location: string; name: string; deleted: boolean; time_zone: string }
type List = 'hotels' | 'locations' | 'room_types' | 'rooms'

/**
 * What the cells of a file refer to: an id, or what people call it. Hotels, locations, room types and rooms are listed when
 * a name is first met, and kept: memory grows with them, not with guests or reservations.
 */
export class References {
  readonly #clients: PerService<TransferClient>
  readonly #lists = new Map<List, Promise<ReadonlyMap<string, Listed[]>>>()

  readonly #more: (list: List) => Iterable<object>

  /** There may be more to refer to than the services list: what a dry run would have stored. */
  constructor(clients: PerService<TransferClient>, more: (list: List) => Iterable<object> = () => []) {
    this.#clients = clients
    this.#more = more
  }

  /** Forgets what is listed: another file has been imported. */
  forget(): void {
    this.#lists.clear()
  }

  /** The id of a hotel by id or name. */
  async hotel(cell: string): Promise<string> {
    return uuidOf(cell) ?? this.#named('hotels', 'hotel', cell, '')
  }

  /** The id of a location by id, or by its name in the hotel. */
  async location(cell: string, hotel = DEFAULT_HOTEL): Promise<string> {
    return uuidOf(cell) ?? this.#named('locations', 'location', cell, hotel)
  }

  /** The id of a room type by id, or by its name in the hotel. */
  async roomType(cell: string, hotel = DEFAULT_HOTEL): Promise<string> {
    return uuidOf(cell) ?? this.#named('room_types', 'room_type', cell, hotel)
  }

  /** The id of a room by id, or by its number in the location, or in the hotel where that is clear. */
  async room(cell: string, hotel: string | undefined, location: string | undefined): Promise<string> {
    return uuidOf(cell) ?? this.#named('rooms', 'room', cell, location ?? hotel ?? DEFAULT_HOTEL)
  }

  /** The id of a guest by id, or by its `key` in the guests file of the hotel. */
  guest(cell: string, hotel = DEFAULT_HOTEL): string {
    return guestId(hotel, cell)
  }

  /** The hotel of a room; undefined when there is no such room. */
  async hotelOfRoom(id: string): Promise<string | undefined> {
    return (await this.#listed('rooms')).get(`id ${id}`)?.[0]?.hotel
  }

  /** The hotel and the time zone of a location; undefined when there is no such location. */
  async place(id: string): Promise<{ hotel: string; time_zone: string } | undefined> {
    return (await this.#listed('locations')).get(`id ${id}`)?.[0]
  }

  /** The id of the one live resource with this name in its hotel or location; undefined when there is none, or several. */
  async existing(list: List, name: string, within: string): Promise<string | undefined> {
    const live = ((await this.#listed(list)).get(keyOf(within, name)) ?? []).filter(({ deleted }) => !deleted)
    return live.length === 1 ? live[0]?.id : undefined
  }

  async #named(list: List, field: string, name: string, within: string): Promise<string> {
    const all = (await this.#listed(list)).get(keyOf(within, name)) ?? []
    const live = all.filter(({ deleted }) => !deleted)
    const alike = live.length > 0 ? live : all
    const same = alike.filter((one) => one.name === name)
    const found = same.length > 0 ? same : alike
    const words = `${field.replace('_', ' ')} ${list === 'rooms' ? 'with the number' : 'with the name'} "${name}"`
    if (found.length === 0) throw invalid(field, `there is no ${words}, and this is not an id`)
    if (found.length > 1) throw invalid(field, `there is more than one ${words}: give the id, or the location too`)
    return found[0]?.id ?? ''
  }

  #listed(list: List): Promise<ReadonlyMap<string, Listed[]>> {
    const known = this.#lists.get(list) ?? this.#read(list)
    this.#lists.set(list, known)
    return known
  }

  async #read(list: List): Promise<ReadonlyMap<string, Listed[]>> {
    const listed = new Map<string, Listed>()
    const note = (messages: Iterable<object>) => {
      for (const one of listedIn(messages)) listed.set(one.id, one)
    }
    for await (const { batch } of this.#clients.rooms.export({ resource: list })) note(batch?.[list] ?? [])
    note(this.#more(list))
    return indexOf(list, listed.values())
  }
}

function indexOf(list: List, all: Iterable<Listed>): ReadonlyMap<string, Listed[]> {
  const index = new Map<string, Listed[]>()
  const add = (key: string, one: Listed) => void index.set(key, [...(index.get(key) ?? []), one])
  for (const one of all) {
    add(`id ${one.id}`, one)
    add(keyOf(list === 'hotels' ? '' : one.hotel, one.name), one)
    // A room's number is unique in its location only.
    if (list === 'rooms') add(keyOf(one.location, one.name), one)
  }
  return index
}

/** Names and numbers are one where the services take them for one. */
function keyOf(within: string, name: string): string {
  return `in ${within} ${folded(visible(name))}`
}

function listedIn(messages: Iterable<object>): Listed[] {
  type Message = {
    id: string
    hotel?: string
    location?: string
    name?: string
    number?: string
    delete_time?: unknown
    time_zone?: string
  }
  return Array.from(messages as Iterable<Message>, (message) => ({
    id: message.id,
    hotel: message.hotel ?? message.id,
    location: message.location ?? '',
    name: message.number ?? message.name ?? '',
    deleted: message.delete_time !== undefined,
    time_zone: message.time_zone ?? '',
  }))
}
