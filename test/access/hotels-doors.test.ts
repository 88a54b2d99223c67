import { randomUUIDv7 } from 'node:crypto'
import { serviceNames } from '@hotel/stack/service-names'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { contentOf, settled } from '../full-hotel/contents.ts'
import { buildHouse, type FullHotel, hotelsOf, noHouse } from '../full-hotel/full-hotel.ts'
import { requestsAbout } from '../full-hotel/requests.ts'
import { methods, mixed, openCallAs, withoutIds } from '../full-hotel/walk.ts'
import { type Suite, startSuite } from '../harness/test-suite.ts'

let suite: Suite
let hidden: FullHotel
let own: FullHotel
let nowhere: FullHotel
let token: string
beforeAll(async () => {
  suite = await startSuite()
  hidden = await buildHouse(suite)
  own = await buildHouse(suite)
  nowhere = noHouse(hidden)
  token = await suite.token({ hotels: hotelsOf(own) })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

test('over REST what is of another hotel is 404, to the letter as what does not exist', async () => {
  const answered = async (house: FullHotel) => {
    const { guest, room, reservation, deleted_guest, stay, hotel } = house.ids
    const requests: [string, string, unknown?][] = [
      ['GET', `/guests/${guest}`],
      ['PATCH', `/guests/${guest}`, { first_name: 'Grace' }],
      ['DELETE', `/rooms/${room}`],
      ['GET', `/reservations/${reservation}`],
      ['PUT', `/reservations/${reservation}`, { in_date: '2030-01-01', out_date: '2030-01-02', guest, room }],
      ['GET', `/reservations/${reservation}/history`],
      ['POST', `/guests/${deleted_guest}:undelete`, {}],
      ['GET', `/reservations/current_and_upcoming/${stay}`],
      ['GET', `/hotels/${hotel}`],
    ]
    const answers = []
    for (const [method, path, body] of requests) {
      const answer = await suite.rest(method, path, { token, ...(body !== undefined && { body }) })
      const headers = [...answer.headers].filter(([name]) => !CHANGING.has(name))
      expect(answer.status).toBe(404)
      answers.push(Object.entries(house.ids).reduce(replaceId, JSON.stringify([answer.text, headers])))
    }
    return answers
  }
  expect(await answered(hidden)).toEqual(await answered(nowhere))
})

/** They say something of the call itself. */
const CHANGING = new Set(['date', 'x-request-id', 'x-envoy-upstream-service-time'])

function replaceId(text: string, [name, id]: [string, string]): string {
  return text.replaceAll(id, name)
}

test('a watch over REST of another hotel is refused as one of no hotel', async () => {
  const refused = async (hotel: string) => {
    const { status, json } = await suite.rest('GET', `/guests:watch?hotel=${hotel}`, { token })
    return { status, json }
  }
  expect(await refused(hidden.ids.hotel)).toMatchObject({ status: 400 })
  expect(await refused(hidden.ids.hotel)).toEqual(await refused(randomUUIDv7()))
})

test('an import is told of an id that another hotel has that it is taken, and nothing else', async () => {
  const { callAs, close } = openCallAs(suite)
  const { method } = methods.find(({ name }) => name === 'TransferService/Import') ?? {}
  if (method === undefined) throw new Error('there is no import')
  const outcomes = async (first_name: string) => {
    const guest = { id: hidden.ids.guest, hotel: own.ids.hotel, first_name, last_name: 'guest' }
    return (await callAs(hotelsOf(own), method, { at: 'guests', request: { batch: { guests: [guest] } } })).answer
  }
  // The one is the guest's name.
  const answers = [await outcomes(hidden.tag), await outcomes('Grace')]
  close()
  expect(answers[0]).toMatchObject({ outcomes: [{ kind: 'REFUSED', reason: 'ID_TAKEN' }] })
  expect(JSON.stringify(answers[0])).not.toMatch(/name/)
  expect(answers[1]).toEqual(answers[0])
})

describe('while the guests and the rooms service are down', () => {
  test('nobody learns by that which ids other hotels have', async () => {
    const before = await settled(suite)
    await Promise.all([suite.stack.services.guests.kill('SIGKILL'), suite.stack.services.rooms.kill('SIGKILL')])
    const { callAs, close } = openCallAs(suite)
    const kept = methods.filter(({ method }) => method.parent.typeName.startsWith('hotel.reservations.'))
    // Retirement goes by what is here, as the guests and the rooms service ask for it.
    for (const { name, method } of kept.filter(({ name }) => !name.startsWith('RetirementService/'))) {
      const about = (house: FullHotel) => requestsAbout(house)[name] ?? []
      const asked = [...about(hidden), ...mixed(about, own, hidden)]
      const unknown = [...about(nowhere), ...mixed(about, own, nowhere)]
      const answers = await Promise.all(
        asked.map(async (request, index) => [
          withoutIds(await callAs(hotelsOf(own), method, request), hidden),
          withoutIds(await callAs(hotelsOf(own), method, unknown[index] ?? request), nowhere),
        ]),
      )
      for (const [ofHidden, ofUnknown] of answers) expect(ofHidden).toBe(ofUnknown)
    }
    close()
    const client = suite.clientsWith(token).direct.reservations
    const { guest, free_room: room } = { ...own.ids, guest: hidden.ids.guest }
    await expect(
      client.createReservation({ guest, room, in_date: '2030-01-01', out_date: '2030-01-02' }),
    ).rejects.toRefuse(Status.UNAVAILABLE, 'PEER_UNAVAILABLE')
    for (const name of serviceNames) expect(await contentOf(suite, name)).toEqual(before[name])
  })
})
