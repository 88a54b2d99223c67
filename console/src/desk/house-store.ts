import { call } from '../api/call.ts'
import { addDays, dateOf, dayNumber } from '../api/dates.ts'
import { learn } from '../api/names.ts'
import type { Change } from '../api/watch.ts'
import { blockBars, isHolding, reservationBars, retirementBar } from './chart/bars.ts'
import { type Bar, type Block, type Reservation, type Room, versionOf } from './stay.ts'

/** So many days are read at once, as far as somebody looks at them. */
const CHUNK_DAYS = 28

type Listed = Reservation | Block
type Kind = 'reservation' | 'room_block'
const kinds: readonly Kind[] = ['reservation', 'room_block']

/**
 * What the chart shows of a location: its rooms, and of the days that were looked at the reservations and blocks, each in its
 * highest version. A cancelled reservation stays as that, so that a list read before cannot bring it back.
 */
export class HouseStore {
  rooms: readonly Room[] = []
  /** Counts the changes of what is shown. */
  version = 0
  readonly #location: string
  readonly #reservations = new Map<string, Reservation>()
  readonly #blocks = new Map<string, Block>()
  readonly #byRoom = new Map<string, Map<string, Bar>>()
  /** The bars of a room in their order, as long as none changes. */
  readonly #sorted = new Map<string, readonly Bar[]>()
  /** Of each kind what was read, or is being read, by the number of the chunk. */
  readonly #chunks = { reservation: new Map<number, Promise<void>>(), room_block: new Map<number, Promise<void>>() }
  /** Before the feed has said where it stands nothing is read, as it would have to be read again. */
  readonly #begun = new Set<Kind>()
  readonly #listeners = new Set<() => void>()

  /** Gives the date of a moment at the location. */
  readonly #dateAt: (moment: string) => string

  constructor(location: string, dateAt: (moment: string) => string) {
    this.#location = location
    this.#dateAt = dateAt
  }

  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The bars of a room by their first day; a hold whose time has passed is none any more. */
  barsOf(room: string, now = Date.now()): readonly Bar[] {
    return this.allBarsOf(room).filter((bar) => isHolding(bar, now))
  }

  /** The same with the holds whose time has passed: the same object as long as nothing changes in the room. */
  allBarsOf(room: string): readonly Bar[] {
    const known = this.#sorted.get(room)
    if (known !== undefined) return known
    const bars = [...(this.#byRoom.get(room)?.values() ?? []), ...this.#retirement(room)]
    bars.sort((a, b) => (a.in_date < b.in_date ? -1 : 1))
    this.#sorted.set(room, bars)
    return bars
  }

  /** A bar by the room that it is in and its key. */
  bar(room: string, key: string): Bar | undefined {
    return this.allBarsOf(room).find((bar) => bar.key === key)
  }

  reservation(id: string): Reservation | undefined {
    return this.#reservations.get(id)
  }

  /** Reads the days that were not read yet. */
  async need(from: string, to: string): Promise<void> {
    await Promise.all(kinds.map((kind) => this.#need(kind, dayNumber(from), dayNumber(to))))
  }

  /** Forgets what was read of a kind, and reads the same days again. */
  async reload(kind: Kind): Promise<void> {
    const days = [...this.#chunks[kind].keys()].map((chunk) => chunk * CHUNK_DAYS)
    this.#chunks[kind].clear()
    this.#begun.add(kind)
    if (kind === 'reservation') this.#forget(this.#reservations, reservationBars)
    else this.#forget(this.#blocks, blockBars)
    const rooms = kind === 'reservation' ? [this.loadRooms()] : []
    await Promise.all([...rooms, ...days.map((day) => this.#need(kind, day, day))])
  }

  /** Retired rooms stay to be seen as such, behind the others. */
  async loadRooms(): Promise<void> {
    const all = await listAll<Room>('rooms', { location: this.#location, show_deleted: 'true' })
    const seal = (rooms: readonly Room[]) =>
      rooms
        .map(({ id, etag }) => id + etag)
        .sort()
        .join()
    if (this.rooms.length > 0 && seal(all) === seal(this.rooms)) return
    learn('rooms', all)
    this.#sorted.clear()
    const byNumber = new Intl.Collator(undefined, { numeric: true })
    this.rooms = all.sort(
      (a, b) => Number(Boolean(a.delete_time)) - Number(Boolean(b.delete_time)) || byNumber.compare(a.number, b.number),
    )
    this.#changed()
  }

  /** Takes committed changes of reservations or blocks. */
  apply(kind: Kind, changes: readonly Change[]): void {
    const items = changes.flatMap((change) => (change[kind] === undefined ? [] : [change[kind] as Listed]))
    this.#take(kind, items)
  }

  /** Takes the answer to an own change at once; the feed brings it again. */
  put(reservation: Reservation): void {
    this.#take('reservation', [reservation])
  }

  #take(kind: Kind, items: readonly Listed[]): void {
    const here = items.filter((item) => item.location === this.#location)
    for (const item of here) {
      if (kind === 'reservation') this.#place(this.#reservations, item as Reservation, reservationBars)
      else this.#place(this.#blocks, item as Block, blockBars)
    }
    if (here.length > 0) this.#changed()
  }

  #place<T extends Listed>(map: Map<string, T>, item: T, barsOf: (item: T) => readonly Bar[]): void {
    const before = map.get(item.id)
    if (before !== undefined && versionOf(before) > versionOf(item)) return
    for (const bar of before === undefined ? [] : barsOf(before)) this.#remove(bar)
    map.set(item.id, item)
    for (const bar of item.delete_time === undefined ? barsOf(item) : []) {
      const bars = this.#byRoom.get(bar.room) ?? new Map<string, Bar>()
      bars.set(bar.key, bar)
      this.#byRoom.set(bar.room, bars)
      this.#sorted.delete(bar.room)
    }
  }

  #remove({ room, key }: Bar): void {
    this.#byRoom.get(room)?.delete(key)
    this.#sorted.delete(room)
  }

  /** A retired room takes nobody from the day on that it was retired, by the location's calendar. */
  #retirement(id: string): readonly Bar[] {
    const room = this.rooms.find((each) => each.id === id)
    if (room?.delete_time === undefined) return []
    return [retirementBar(id, this.#dateAt(room.delete_time))]
  }

  async #need(kind: Kind, from: number, to: number): Promise<void> {
    const chunks = this.#chunks[kind]
    const [first, last] = [Math.floor(from / CHUNK_DAYS), Math.floor(to / CHUNK_DAYS)]
    const wanted = Array.from({ length: last - first + 1 }, (_, at) => first + at)
    for (const chunk of wanted)
      if (!chunks.has(chunk)) chunks.set(chunk, this.#begun.has(kind) ? this.#load(kind, chunk) : Promise.resolve())
    await Promise.all(wanted.map((chunk) => chunks.get(chunk)))
  }

  async #load(kind: Kind, chunk: number): Promise<void> {
    // Its own entry, once it is there: a reload puts another in its place.
    await Promise.resolve()
    const mine = this.#chunks[kind].get(chunk)
    const from = dateOf(chunk * CHUNK_DAYS)
    const query = { location: this.#location, from, to: addDays(from, CHUNK_DAYS) }
    try {
      const items = await listAll<Listed>(`${kind}s`, query)
      if (this.#chunks[kind].get(chunk) === mine) this.#take(kind, items)
    } catch {
      // Another look at these days tries again.
      if (this.#chunks[kind].get(chunk) === mine) this.#chunks[kind].delete(chunk)
    }
  }

  #forget<T extends Listed>(map: Map<string, T>, barsOf: (item: T) => readonly Bar[]): void {
    for (const item of map.values()) for (const bar of barsOf(item)) this.#remove(bar)
    map.clear()
    this.#changed()
  }

  #changed(): void {
    this.version += 1
    for (const listener of this.#listeners) listener()
  }
}

async function listAll<T>(collection: string, query: Record<string, string>): Promise<T[]> {
  const found: T[] = []
  let page_token = ''
  do {
    const page = await call<Record<string, unknown>>({
      method: 'GET',
      path: `/${collection}`,
      query: { ...query, page_size: '500', page_token },
    })
    found.push(...((page[collection] ?? []) as T[]))
    page_token = String(page.next_page_token ?? '')
  } while (page_token !== '')
  return found
}
