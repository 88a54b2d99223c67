import { folded } from '@hotel/runtime/read/folded'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { freshNumber } from '../support/hotel.ts'
import { invalid, refusal } from '../support/rest.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ hotels: 'every' })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const nfd = (text: string) => text.normalize('NFD')
const post = (path: string, body: object) => suite.rest('POST', path, { body })
/** The ids that a search finds among the guests of a hotel. */
const found = async (hotel: string, query: string) => {
  const { json } = await suite.rest('GET', `/guests?hotel=${hotel}&query=${encodeURIComponent(query)}`)
  return json.guests.map(({ id }: { id: string }) => id)
}

/** Names of many scripts: each as it is stored, as else it is written, and names that are others. */
const names: [script: string, stored: string, same: string[], others: string[]][] = [
  ['Latin', 'Éva Nagy', ['éva', 'EVA', 'nagy', nfd('Éva'), 'ÉVA NAGY'], ['evi']],
  ['Greek', 'ΣΤΑΥΡΟΣ Παπαδόπουλος', ['σταυρος', 'Σταύρος', 'ΠΑΠΑΔΟΠΟΥΛΟΣ', nfd('παπαδόπουλος')], ['σταυροι']],
  ['Turkish', 'İlknur IŞIK', ['İlknur', 'ilknur', 'ILKNUR', 'ışık', 'isik', 'ISIK', nfd('İlknur')], ['ulknur']],
  ['German', 'Jörg Großmann', ['JÖRG', 'jorg', 'GROSSMANN', 'großmann', 'GROẞMANN', nfd('Jörg')], ['grosmann']],
  ['Vietnamese', 'Đặng Thị Phượng', ['dang', 'ĐẶNG', 'phuong', 'PHƯỢNG', nfd('Phượng')], ['bang']],
  ['Polish', 'Łukasz Żółć', ['lukasz', 'ŁUKASZ', 'zolc', nfd('żółć')], ['zorc']],
  ['Nordic', 'Søren Ærø', ['soren', 'SØREN', 'aero'], ['seren']],
  ['Cyrillic', 'Пётр Йовков', ['петр', 'ПЁТР', nfd('йовков')], ['павел']],
  ['Arabic', 'أَحْمَد', ['احمد', 'أحمد', nfd('أحمد')], ['حامد']],
  ['Hebrew', 'דָּוִד', ['דוד', nfd('דָּוִד')], ['דן']],
  ['Hindi', 'किरण', ['किरण'], ['करण', 'कुरण']],
  ['Hindi with a nukta', 'ज़ोया', ['ज़ोया', nfd('ज़ोया')], ['जाया']],
  ['Thai', 'น้ำผึ้ง', ['น้ำผึ้ง', 'น้ํา'], ['นำผึ้ง', 'น่ำ']],
  ['Han', '高橋', ['高橋', '高'], ['橋高']],
  ['Japanese', 'がくと', ['がくと', nfd('がくと')], ['かくと']],
  ['Korean', '김각', ['김각', nfd('김각'), '각'], ['김가각']],
  ['full width', 'ＡＢＣ商事', ['abc商事', 'ＡＢＣ'], ['abd']],
  ['what is not seen', 'مریم\u200cزاده', ['مریمزاده', 'مریم\u200cزاده'], ['مریمه']],
]

describe('a search finds a name as it is stored, in any case and normal form and without accents, and no other', () => {
  let hotel: string
  beforeAll(async () => {
    hotel = (await suite.hotels.createHotel({ name: 'Names' })).id
  })

  test.each(names)('%s: %s', async (_script, stored, same, others) => {
    const forms = [...new Set([stored, nfd(stored), stored.normalize('NFC')])]
    const ids = await Promise.all(
      forms.map(async (first_name) => (await suite.guests.createGuest({ hotel, first_name })).id),
    )
    const answers = async (queries: string[]) =>
      Promise.all(queries.map(async (query) => [query, (await found(hotel, query)).sort()]))
    const queries = [stored, nfd(stored), ...same]
    expect(await answers(queries)).toEqual(queries.map((query) => [query, ids.sort()]))
    expect(await answers(others)).toEqual(others.map((query) => [query, []]))
  })

  test('with what a pattern would take for something else, and words that grow as they are compared', async () => {
    const { id } = await suite.guests.createGuest({ hotel, first_name: '100%_\\ﬃﬃﬃﬃ' })
    for (const query of ['100%', '%_', '_\\', 'ffiffiffiffi', 'ﬃﬃﬃﬃ']) expect(await found(hotel, query)).toEqual([id])
    for (const query of ['100_', '%%', 'ffiffiffiffiffi']) expect(await found(hotel, query)).toEqual([])
  })

  test.each([
    ['nothing that is seen', '\u200b'],
    ['accents alone', 'a \u0301'],
  ])('a search for %s is refused', async (_, query) => {
    expect(refusal(await suite.rest('GET', `/guests?query=${encodeURIComponent(query)}`))).toEqual(invalid('query'))
  })
})

describe('the folding', () => {
  test('of every character is that of its other cases and normal forms, and of itself', async () => {
    const differing = await suite.sql(
      'guests',
      `select chr(code) from generate_series(1, 12543) code, lateral (select chr(code) as x) c
       where
         folded(folded(x)) <> folded(x) or folded(lower(x)) <> folded(x) or folded(normalize(x, nfd)) <> folded(x)`,
    )
    expect(differing).toEqual([])
  }, 30_000)

  test('by a program is that of the database, but for Cherokee, of which the one keeps the small letters and the other the capital', async () => {
    const characters = await suite.sql<{ x: string; folded: string }>(
      'guests',
      `select x, folded('a' || x || 'b') as folded
       from generate_series(1, 65535) code, lateral (select case when code not between 55296 and 57343 then chr(code) end as x) c
       where unicode_assigned(x) and x !~ '[\u13a0-\u13ff\uab70-\uabbf]'`,
    )
    expect(characters.length).toBeGreaterThan(50_000)
    expect(characters.filter(({ x, folded: same }) => folded(`a${x}b`) !== same)).toEqual([])
  }, 30_000)
})

describe('numbers and names that differ only in case, normal form or accents are the same', () => {
  const sames: [first: string, second: string][] = [
    ['12a', '12A'],
    ['Süd 1', nfd('SÜD 1')],
    ['Nord É', 'nord e'],
    ['STRASSE 1', 'Straße 1'],
    ['ΟΔΟΣ 1', 'οδος 1'],
    ['İKİZ ODA', 'ikiz oda'],
    ['Phòng đôi', 'PHONG DOI'],
    ['غُرْفَة', 'غرفة'],
    ['１０１', '101'],
  ]
  const others: [first: string, second: string][] = [
    ['कमरा', 'कमरे'],
    ['ห้อง', 'ห่อง'],
    ['が', 'か'],
    ['가', '각'],
    ['室一', '室二'],
  ]
  const place = async () => {
    const hotel = (await suite.hotels.createHotel({ name: 'Rooms' })).id
    return { hotel, location: (await suite.locations.createLocation({ hotel, name: 'Main', time_zone: 'UTC' })).id }
  }

  test.each(sames)('%s and %s', async (first, second) => {
    const { hotel, location } = await place()
    expect((await post('/rooms', { location, number: first })).status).toBe(201)
    expect(refusal(await post('/rooms', { location, number: second }))).toEqual([409, 'ROOM_NUMBER_TAKEN'])
    expect((await post('/room_types', { hotel, name: first })).status).toBe(201)
    expect(refusal(await post('/room_types', { hotel, name: second }))).toEqual([409, 'NAME_TAKEN'])
  })

  test.each(others)('but not %s and %s', async (first, second) => {
    const { hotel, location } = await place()
    for (const name of [first, second]) {
      expect((await post('/rooms', { location, number: name })).status).toBe(201)
      expect((await post('/room_types', { hotel, name })).status).toBe(201)
    }
  })

  test('also for those that come at once, of which one gets it', async () => {
    const { hotel, location } = await place()
    const forms = ['süd', 'SÜD', nfd('Süd'), 'sud', 'Sud', 'SUD', 'sÜd', nfd('SÜD')]
    const statuses = async (path: string, bodies: object[]) =>
      (await Promise.all(bodies.map((body) => post(path, body)))).map(({ status }) => status).sort()
    const one = [201, ...Array(7).fill(409)]
    expect(
      await statuses(
        '/rooms',
        forms.map((number) => ({ location, number })),
      ),
    ).toEqual(one)
    expect(
      await statuses(
        '/room_types',
        forms.map((name) => ({ hotel, name })),
      ),
    ).toEqual(one)
  })

  test('and one may be written in another way', async () => {
    const { id } = await suite.rooms.createRoom({ number: `${freshNumber()}a` })
    const { json } = await suite.rest('GET', `/rooms/${id}`)
    const number = json.number.toUpperCase()
    expect(await suite.rest('PATCH', `/rooms/${id}`, { body: { number } })).toMatchObject({
      status: 200,
      json: { number },
    })
  })
})
