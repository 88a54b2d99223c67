import { createHotelClient, Refusal } from '../../clients/typescript/src/index.ts'

// What a desk does by the client of TypeScript; scenarios.py does the same by that of Python. The arguments are the name of
// the scenario and the gateway's address; the rest is in the environment. Prints what came of it as JSON.
const [, , scenario = '', url = ''] = process.argv
const { HOTEL_TOKENS = '[]', HOTEL_ID = '', HOTEL_LOCATION = '', HOTEL_TEXT = '' } = process.env
const tokens: string[] = JSON.parse(HOTEL_TOKENS)
let asked = 0
const token = () => tokens[Math.min(asked++, tokens.length - 1)] ?? ''
const hotel = createHotelClient({ url, token })
const doors = {
  grpc: {
    room: (number: string) => hotel.rooms.createRoom({ number, location: HOTEL_LOCATION }),
    book: (stay: Stay) => hotel.reservations.createReservation(stay),
  },
  rest: {
    room: async (number: string) =>
      given(await hotel.rest.POST('/rooms', { body: { number, location: HOTEL_LOCATION } })),
    book: async (stay: Stay) => given(await hotel.rest.POST('/reservations', { body: stay })),
  },
}
type Stay = { guest: string; room: string; in_date: string; out_date: string }
const both = Object.values(doors)

const scenarios: Readonly<Record<string, () => Promise<unknown>>> = {
  /** Books, and is refused: what is in the way, what would do, and which field is wrong. */
  async refused() {
    const guest = await hotel.guests.createGuest({ first_name: 'Ada', hotel: HOTEL_ID })
    const said = []
    for (const { room, book } of both) {
      const { id } = await room(crypto.randomUUID().slice(0, 8))
      const stay = { guest: guest.id, room: id, in_date: '2030-05-01', out_date: '2030-05-04' }
      await book(stay)
      const taken = await refusalOf(book(stay))
      const wrong = await refusalOf(book({ ...stay, in_date: '2030-05-09' }))
      said.push({
        code: taken.code,
        reason: taken.reason,
        room: taken.metadata.room === id,
        conflict: taken.conflicts[0]?.type,
        instead: taken.alternatives.length > 0,
        fields: wrong.fields.map(({ field }) => field),
      })
    }
    return said
  },
  /** Makes a room at each door, the second with the text as its number. */
  async rooms() {
    for (const { room } of both) await room(`${HOTEL_TEXT}${both.findIndex((door) => door.room === room)}`)
    return { asked }
  },
  /** Asks for a room at each door until the source of tokens was asked so often as there are tokens. */
  async renewed() {
    const until = Date.now() + 30_000
    while (asked < tokens.length && Date.now() < until) {
      await hotel.rooms.listRooms({ hotel: HOTEL_ID })
      await hotel.rest.GET('/rooms', { params: { query: { hotel: HOTEL_ID } } })
    }
    return { asked }
  },
  /** Lists at both doors with a token that is not accepted. */
  async unaccepted() {
    const list = [
      () => hotel.rooms.listRooms({ hotel: HOTEL_ID }),
      () => hotel.rest.GET('/rooms', { params: { query: { hotel: HOTEL_ID } } }),
      () => hotel.watch('rooms', { hotel: HOTEL_ID }).next(),
    ]
    const codes = []
    for (const call of list) codes.push((await refusalOf(call())).code)
    return { codes, asked }
  },
  /** More calls at once than a second allows. */
  async hurried() {
    const lists = Array.from({ length: 3 }, (_, n) =>
      n % 2 === 0
        ? hotel.rooms.listRooms({ hotel: HOTEL_ID })
        : hotel.rest.GET('/rooms', { params: { query: { hotel: HOTEL_ID } } }),
    )
    return { answered: (await Promise.all(lists)).length }
  },
  /** Watches the rooms from the first change until one has the text as its number. */
  async watched() {
    const numbers: (string | undefined)[] = []
    for await (const { changes } of hotel.watch('rooms', { hotel: HOTEL_ID })) {
      numbers.push(...changes.map(({ room }) => room?.number))
      if (numbers.includes(HOTEL_TEXT)) break
    }
    return { numbers, asked }
  },
}

async function refusalOf(call: Promise<unknown>): Promise<Refusal> {
  const error = await call.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (error instanceof Refusal) return error
  throw new Error('it was not refused', { cause: error })
}

function given<T>({ data }: { data?: T }): T {
  if (data === undefined) throw new Error('the answer is empty')
  return data
}

console.log(JSON.stringify(await scenarios[scenario]?.()))
hotel.close()
