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

describe('a name', () => {
  const made: [path: string, field: string, more: () => object][] = [
    ['/guests', 'first_name', () => ({})],
    ['/guests', 'last_name', () => ({ first_name: 'x' })],
    ['/hotels', 'name', () => ({})],
    ['/locations', 'name', () => ({ time_zone: 'UTC' })],
    ['/locations', 'city', () => ({ name: 'Main', time_zone: 'UTC' })],
    ['/room_types', 'name', () => ({})],
    ['/rooms', 'number', () => ({})],
    ['/employees', 'last_name', () => ({ first_name: 'x', role: 'MANAGER', email: `${freshNumber()}@example.org` })],
  ]

  const unseen = ['\u200b', '\u00ad', '\u2060 \ufeff', '\u3164', '\u2800', '\ufe0f', '\u{e0020}', '\u2028']
  const controls = ['a\u0007b', '\u001ba', 'a\u007fb', 'a\u0085b']
  const turning = ['\u202ea', 'a\u202eb', 'a\u202ab', 'a\u2066b']

  test.each(made)('%s, %s, is refused with what garbles a list, or with nothing to see', async (path, field, more) => {
    const given = [...unseen, ...controls, ...turning]
    const answers = await Promise.all(given.map((name) => post(path, { ...more(), [field]: name })))
    expect(answers.map((answer, index) => [given[index], ...refusal(answer)])).toEqual(
      given.map((name) => [name, ...invalid(field)]),
    )
  })

  test.each([
    ['\u200bMara\u200e\n', 'Mara'],
    ['\ufeff Mara', 'Mara'],
    ['مریم\u200cزاده', 'مریم\u200cزاده'],
    ['葛\u{e0100}', '葛\u{e0100}'],
    ['ක්\u200dෂ', 'ක්\u200dෂ'],
    [nfd('Zoë'), nfd('Zoë')],
    ['two\r\nlines\t', 'two\r\nlines'],
    ['Eric', 'Eric'],
    ['{C.P.}\u200b', '{C.P.}'],
  ])('%j is kept as %j', async (given, kept) => {
    expect(await post('/guests', { first_name: given })).toMatchObject({ status: 201, json: { first_name: kept } })
  })

  test('of a guest may be a last name only, by every way', async () => {
    const { status, json } = await post('/guests', { last_name: 'Sukarno' })
    expect([status, json.first_name, json.last_name]).toEqual([201, '', 'Sukarno'])
    const path = `/guests/${json.id}`
    const patch = (body: object) => suite.rest('PATCH', path, { body })
    expect(refusal(await patch({ update_mask: 'last_name' }))).toEqual(invalid('first_name'))
    expect((await patch({ first_name: 'Ahmed' })).json).toMatchObject({ first_name: 'Ahmed', last_name: 'Sukarno' })
    expect((await patch({ update_mask: 'first_name' })).json).toMatchObject({ first_name: '', last_name: 'Sukarno' })
    expect(refusal(await patch({ update_mask: 'first_name,last_name' }))).toEqual(invalid('first_name'))
    expect(refusal(await patch({ first_name: '' }))).toEqual(invalid('first_name'))
    expect((await suite.rest('PUT', path, { body: { last_name: 'Suharto' } })).status).toBe(200)
    expect(refusal(await suite.rest('PUT', path, { body: {} }))).toEqual(invalid('first_name'))
    expect(refusal(await post('/guests', { last_name: ' ' }))).toEqual(invalid('first_name', 'last_name'))
    expect(refusal(await post('/guests', {}))).toEqual(invalid('first_name'))
  })
})

describe('a text', () => {
  test('loses controls and what turns the direction of other texts, and keeps its lines', async () => {
    const given = '\u202aFirst\u0007 line\n\tsecond\u202e\u2066\r\nthird\u009b\u202c'
    const kept = 'First line\n\tsecond\r\nthird'
    const { json } = await post('/room_types', { name: `Type ${freshNumber()}`, description: given })
    expect(json.description).toBe(kept)
    const place = await post('/locations', { name: 'Main', time_zone: 'UTC', address: given })
    expect(place.json.address).toBe(kept)
    for (const nothing of ['\u202e', '\u0007\u200b'])
      expect(refusal(await post('/room_types', { name: 'x', description: nothing }))).toEqual(invalid('description'))
  })
})

describe("a guest's contacts", () => {
  test.each([
    'संपर्क@उदाहरण.भारत',
    'अजय@डाटा.भारत',
    'ईमेल-परीक्षण@सार्वभौमिक-स्वीकृति-परीक्षण.संगठन',
    'மின்னஞ்சல்@பரிசோதனை.சிங்கப்பூர்',
    'อีเมลทดสอบ@ยูเอทดสอบ.ไทย',
    'تجربة-بريد-الكتروني@تجربة-القبول-الشامل.موريتانيا',
    'δοκιμή@παράδειγμα.ευ',
    '电子邮件测试@普遍适用测试.我爱你',
    'ශ්‍රී@උදාහරණ.ලංකා',
    nfd('jörg@müller.example'),
  ])('the e-mail address %s is taken', async (email) => {
    expect(await post('/guests', { first_name: 'x', email })).toMatchObject({ status: 201, json: { email } })
  })

  test.each(['a@b', '@b.example', 'a@-b.example', 'a@b-.example', 'a@b..example', 'a b@c.example', '\u094d@.भारत'])(
    'the e-mail address %s is refused',
    async (email) => {
      expect(refusal(await post('/guests', { first_name: 'x', email }))).toEqual(invalid('email'))
    },
  )

  test.each([
    '\u202a+41\u00a044\u00a0668\u201118\u201100\u202c',
    '+41\u00a044 668 18 00',
    '\u200e+41\u200b44\u2009668\u201318\u221200\ufeff',
    '＋４１ ４４ ６６８ １８ ００',
    '+٤١ ٤٤ ٦٦٨ ١٨ ٠٠',
    '+41 (44) 668/18.00',
  ])('the telephone number %j is that of its digits', async (phone) => {
    expect(await post('/guests', { first_name: 'x', phone })).toMatchObject({
      status: 201,
      json: { phone: '+41446681800' },
    })
  })

  describe('a telephone number without the code of its country', () => {
    /** A hotel with a location in each of these countries. */
    const hotelIn = async (...countries: (string | undefined)[]) => {
      const { id: hotel } = await suite.hotels.createHotel({ name: 'Phones' })
      for (const country_code of countries)
        await suite.locations.createLocation({ hotel, name: 'Main', time_zone: 'UTC', country_code })
      return hotel
    }

    test.each([
      ['CH', '044 668 18 00', '+41446681800'],
      ['CH', '(044)\u00a0668\u201118\u201100', '+41446681800'],
      ['CH', '0041 44 668 18 00', '+41446681800'],
      ['CH', '+1 (212) 555-0100', '+12125550100'],
      ['US', '(212) 555-0100', '+12125550100'],
      ['IT', '06 6982', '+39066982'],
    ])("is of that of the hotel's locations: %s, %s", async (country, phone, stored) => {
      const hotel = await hotelIn(country, country, undefined)
      const { status, json } = await post('/guests', { hotel, first_name: 'x', phone })
      expect([status, json.phone]).toEqual([201, stored])
      const path = `/guests/${json.id}`
      for (const [verb, body] of [
        ['PATCH', { phone }],
        ['PUT', { first_name: 'x', phone }],
      ] as const) {
        await suite.rest('PATCH', path, { body: { update_mask: 'phone' } })
        expect((await suite.rest(verb, path, { body })).json.phone).toBe(stored)
      }
    })

    test('is of the country that is given with it, whatever the locations name; that is not kept', async () => {
      const hotel = await hotelIn('CH', 'DE')
      const german = { phone: '030 901820', phone_country: 'DE' }
      const { status, json } = await post('/guests', { hotel, first_name: 'x', ...german })
      expect([status, json.phone, 'phone_country' in json]).toEqual([201, '+4930901820', false])
      const path = `/guests/${json.id}`
      const swiss = { phone: '044 668 18 00', phone_country: 'CH' }
      for (const [verb, body, stored] of [
        ['PATCH', swiss, '+41446681800'],
        ['PATCH', { ...german, update_mask: 'phone' }, '+4930901820'],
        ['PUT', { first_name: 'x', ...swiss }, '+41446681800'],
        ['PATCH', { phone_country: 'DE' }, '+41446681800'],
        ['PATCH', { phone: '+49 30 901820', phone_country: 'CH' }, '+4930901820'],
      ] as const)
        expect((await suite.rest(verb, path, { body })).json.phone).toBe(stored)
      expect((await post('/guests', { first_name: 'x', ...german })).json.phone).toBe('+4930901820')
    })

    test.each([
      ['phone', { phone: '030 901820', phone_country: 'ZZ' }],
      ['phone', { phone: '044 66', phone_country: 'CH' }],
      ['phone_country', { phone: '+49 30 901820', phone_country: 'de' }],
      ['phone_country', { phone_country: 'Germany' }],
    ])('is refused where the country that is given says nothing: %s of %j', async (field, body) => {
      expect(refusal(await post('/guests', { first_name: 'x', ...body }))).toEqual(invalid(field))
    })

    test.each([
      ['no country', [undefined], '044 668 18 00'],
      ['two countries', ['CH', 'DE'], '044 668 18 00'],
      ['a country of no numbers', ['ZZ'], '044 668 18 00'],
      ['its country, but is none of its numbers', ['CH'], '044 66'],
    ])('is refused where the locations name %s', async (_, countries, phone) => {
      const hotel = await hotelIn(...countries)
      expect(refusal(await post('/guests', { hotel, first_name: 'x', phone }))).toEqual(invalid('phone'))
    })
  })

  test.each(['\u200b', '+', '+41 44 668 18 00 x', '+41 44 668 18 00 ext. 7', 'tel:+41446681800'])(
    'the telephone number %j is refused',
    async (phone) => {
      expect(refusal(await post('/guests', { first_name: 'x', phone }))).toEqual(invalid('phone'))
    },
  )
})
