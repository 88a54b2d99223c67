import { Employee_Role as Role } from '@hotel/proto/hotel/rooms/v1/employees'
import { DEFAULT_HOTEL, DEFAULT_LOCATION } from '@hotel/runtime/errors/id'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Metadata, Status } from 'nice-grpc'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { invalid, refusal } from '../support/rest.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ hotels: 'every' })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

let addresses = 0
const freshEmail = () => `employee-${++addresses}@example.org`
const post = (body: unknown) => suite.rest('POST', '/employees', { body })
const unknown = '01890000-0000-7000-8000-000000000000'
const ada = () => ({ first_name: 'Ada', last_name: 'Lovelace', email: freshEmail(), role: 'FRONT_DESK' })

async function newEmployee(body: object = {}) {
  const { json } = await post({ ...ada(), ...body })
  return { json, id: json.id as string, path: `/employees/${json.id}` }
}

async function otherHotel() {
  const hotel = (await suite.hotels.createHotel({ name: 'Other' })).id
  const location = (await suite.locations.createLocation({ hotel, name: 'There', time_zone: 'UTC' })).id
  return { hotel, location }
}

describe('an employee', () => {
  test('POST is 201 with location and etag, at the default location; GET gives the same', async () => {
    const body = ada()
    const made = await post({ ...body, role: 'front-desk' })
    expect(made).toMatchObject({
      status: 201,
      json: { ...body, hotel: DEFAULT_HOTEL, location: DEFAULT_LOCATION, etag: '"1"' },
    })
    const path = `/employees/${made.json.id}`
    expect([made.headers.get('location'), made.headers.get('etag')]).toEqual([path, '"1"'])
    expect((await suite.rest('GET', path)).json).toEqual(made.json)
  })

  test('PATCH, PUT and masks change what may be changed, the location too', async () => {
    const { path, json } = await newEmployee()
    const annex = (await suite.locations.createLocation({ name: 'Annex', time_zone: 'UTC' })).id
    const patched = await suite.rest('PATCH', path, { body: { role: 'MANAGER', location: annex } })
    expect(patched.json).toMatchObject({
      ...json,
      etag: '"2"',
      update_time: expect.any(String),
      role: 'MANAGER',
      location: annex,
    })
    const cleared = await suite.rest('PATCH', path, { body: { update_mask: 'last_name' } })
    expect(cleared.json).not.toHaveProperty('last_name')
    expect(refusal(await suite.rest('PATCH', path, { body: { update_mask: 'email,role,location' } }))).toEqual(
      invalid('email', 'role', 'location'),
    )
    expect(refusal(await suite.rest('PUT', path, { body: { last_name: 'Only' } }))).toEqual(
      invalid('first_name', 'email', 'role', 'location'),
    )
    const put = await suite.rest('PUT', path, { body: { ...json, etag: cleared.json.etag } })
    expect(put).toMatchObject({
      status: 200,
      json: { last_name: 'Lovelace', role: 'FRONT_DESK', location: DEFAULT_LOCATION },
    })
    const { hotel, location } = await otherHotel()
    expect(refusal(await suite.rest('PATCH', path, { body: { hotel } }))).toEqual([400, 'FIELD_IMMUTABLE_NOW'])
    expect(refusal(await suite.rest('PATCH', path, { body: { location } }))).toEqual(invalid('location'))
  })

  test.each<[string, object, string[]]>([
    ['nothing', {}, ['first_name', 'email', 'role']],
    ['blanks', { first_name: ' ', last_name: ' ', email: 'x', role: 'MANAGER' }, ['first_name', 'last_name', 'email']],
    ['an unknown location', { ...ada(), location: unknown }, ['location']],
    ['an unknown hotel', { ...ada(), hotel: unknown }, ['hotel', 'location']],
    ['a hotel that is no id', { ...ada(), hotel: 'x', location: DEFAULT_LOCATION }, ['hotel']],
    [
      'a location of another hotel',
      { ...ada(), hotel: DEFAULT_HOTEL, location: unknown, email: '' },
      ['email', 'location'],
    ],
  ])('of %s is refused, all wrong fields named', async (_what, body, fields) => {
    expect(refusal(await post(body))).toEqual(invalid(...fields))
  })

  test('is of the hotel of the location; another hotel is refused, and a hotel alone needs a location', async () => {
    const { hotel, location } = await otherHotel()
    expect((await post({ ...ada(), location })).json).toMatchObject({ hotel, location })
    expect((await post({ ...ada(), location, hotel })).json).toMatchObject({ hotel, location })
    expect(refusal(await post({ ...ada(), hotel }))).toEqual(invalid('location'))
    expect(refusal(await post({ ...ada(), hotel, location: DEFAULT_LOCATION }))).toEqual(invalid('location'))
    expect((await post({ ...ada(), hotel: DEFAULT_HOTEL })).json).toMatchObject({ location: DEFAULT_LOCATION })
  })

  test('keeps the e-mail address to itself in the hotel, in any case, while live', async () => {
    const [taken, other] = [await newEmployee(), await newEmployee()]
    const email = taken.json.email.toUpperCase()
    for (const answer of [
      await post({ ...ada(), email }),
      await suite.rest('PATCH', other.path, { body: { email } }),
      await suite.rest('PUT', other.path, { body: { ...ada(), email, location: DEFAULT_LOCATION } }),
    ]) {
      expect(refusal(answer)).toEqual([409, 'EMAIL_TAKEN'])
      expect(answer.json.details[0].metadata).toEqual({ email, hotel: DEFAULT_HOTEL })
    }
    const { location } = await otherHotel()
    expect((await post({ ...ada(), email, location })).status).toBe(201)
    await suite.rest('DELETE', taken.path)
    expect((await post({ ...ada(), email })).status).toBe(201)
    expect(refusal(await suite.rest('POST', `${taken.path}:undelete`))).toEqual([409, 'EMAIL_TAKEN'])
  })

  test('deleted is kept, left out of lists, not to be changed, and comes back', async () => {
    const { id, path, json } = await newEmployee()
    expect(refusal(await suite.rest('DELETE', path, { headers: { 'if-match': '"7"' } }))).toEqual([
      409,
      'ETAG_MISMATCH',
    ])
    const deleted = await suite.rest('DELETE', path)
    expect(deleted).toMatchObject({ status: 200, json: { id, delete_time: expect.any(String) } })
    expect((await suite.rest('GET', path)).json).toEqual(deleted.json)
    expect(refusal(await suite.rest('PATCH', path, { body: {} }))).toEqual([404, 'RESOURCE_NOT_FOUND'])
    expect(refusal(await suite.rest('DELETE', path))).toEqual([404, 'RESOURCE_NOT_FOUND'])
    const ids = async (show_deleted: boolean) =>
      (await suite.employees.listEmployees({ page_size: 500, show_deleted })).employees.map((employee) => employee.id)
    expect([(await ids(false)).includes(id), (await ids(true)).includes(id)]).toEqual([false, true])
    const restored = await suite.rest('POST', `${path}:undelete`)
    expect(restored.json).toEqual({ ...json, etag: '"3"', update_time: restored.json.update_time })
    expect(refusal(await suite.rest('POST', `${path}:undelete`))).toEqual([400, 'ALREADY_LIVE'])
  })

  test('every write is repeated safely by its idempotency key', async () => {
    const { id } = await newEmployee()
    const twice = async (key: string, write: (options: { metadata: Metadata }) => Promise<unknown>) => {
      const options = { metadata: Metadata({ 'idempotency-key': key }) }
      expect(await write(options)).toEqual(await write(options))
    }
    const whole = { ...ada(), role: Role.HOUSEKEEPING, location: DEFAULT_LOCATION }
    await twice('e1', (options) => suite.employees.createEmployee({ ...whole, email: 'e1@example.org' }, options))
    await twice('e2', (options) => suite.employees.updateEmployee({ id, role: Role.MANAGER }, options))
    await twice('e3', (options) => suite.employees.replaceEmployee({ id, ...whole }, options))
    await twice('e4', (options) => suite.employees.deleteEmployee({ id }, options))
    await twice('e5', (options) => suite.employees.undeleteEmployee({ id }, options))
  })
})

test('employees are listed by last name, first name, page by page, of a hotel, a location or a role', async () => {
  const { hotel, location } = await otherHotel()
  const second = (await suite.locations.createLocation({ hotel, name: 'Second', time_zone: 'UTC' })).id
  for (const [first_name, last_name, at, role] of [
    ['Cher', undefined, location, Role.MANAGER],
    ['Bo', 'Zuse', location, Role.FRONT_DESK],
    ['Zoé', 'Ångström', second, Role.FRONT_DESK],
    ['Al', 'Zuse', second, Role.HOUSEKEEPING],
  ] as const) {
    await suite.employees.createEmployee({
      first_name,
      ...(last_name !== undefined && { last_name }),
      email: freshEmail(),
      location: at,
      role,
    })
  }
  const list = async (filter: object) => {
    const found: string[] = []
    let page_token = ''
    do {
      const page = await suite.employees.listEmployees({ ...filter, page_size: 1, page_token })
      found.push(...page.employees.map((employee) => employee.first_name))
      page_token = page.next_page_token
    } while (page_token !== '')
    return found
  }
  expect(await list({ hotel })).toEqual(['Zoé', 'Al', 'Bo', 'Cher'])
  expect(await list({ location })).toEqual(['Bo', 'Cher'])
  expect(await list({ hotel, role: Role.FRONT_DESK })).toEqual(['Zoé', 'Bo'])
  const rest = await suite.rest('GET', `/employees?hotel=${hotel}&role=housekeeping`)
  expect(rest.json.employees.map((employee: { first_name: string }) => employee.first_name)).toEqual(['Al'])
})

test('an unknown employee is NOT_FOUND over gRPC', async () => {
  await expect(suite.gateway.employees.deleteEmployee({ id: unknown })).rejects.toRefuse(
    Status.NOT_FOUND,
    'RESOURCE_NOT_FOUND',
    { resource: 'employee', id: unknown },
  )
})
