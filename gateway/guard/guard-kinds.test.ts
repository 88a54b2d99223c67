import { buildEveryKind } from '@hotel/test/gateway/fixtures'
import { type LoneGateway, startAlone } from '@hotel/test/gateway/lone-gateway'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

const envoy = process.env.ENVOY_BIN
const text = '2030-05-01T12:00:00Z'

const bodies: [body: string, ...fields: string[]][] = [
  ['{"parts":[]}'],
  ['{"parts":[{"label":"a","parts":[{"label":null}]}],"main":{}}'],
  ['{"parts":[{"label":1}]}', 'parts[0].label'],
  ['{"parts":[{},{"parts":[{"labl":"a"}]}]}', 'parts[1].parts[0].labl'],
  ['{"parts":[{"label":"a","label":"b"}]}', 'parts[0].label'],
  ['{"parts":[null]}', 'parts[0]'],
  ['{"parts":["a"]}', 'parts[0]'],
  ['{"parts":{}}', 'parts'],
  ['{"main":[]}', 'main'],
  ['{"main":{"x":1,"label":"a"}}', 'main.x'],
  ['{"colors":["GREEN","blue"]}'],
  ['{"colors":["GREEN","red",1]}', 'colors[1]', 'colors[2]'],
  ['{"weights":{"a":1,"b":-2147483648}}'],
  ['{"weights":{"a":1.5,"b":2147483648,"c":"1"}}', 'weights.a', 'weights.b', 'weights.c'],
  ['{"weights":[1]}', 'weights'],
  ['{"large":"9007199254740993"}'],
  ['{"large":9007199254740993}', 'large'],
  ['{"large":"1.0"}', 'large'],
  ['{"heavy":"true"}', 'heavy'],
  [`{"until":"${text}","span":"1.5s","share":0.5,"by_number":4294967295}`],
  ['{"until":"tomorrow","span":"1 h","share":"0.5","by_number":-1}', 'until', 'span', 'share', 'by_number'],
  [
    `{${Array.from({ length: 70 }, (_, index) => `"x${index}":1`)}}`,
    ...Array.from({ length: 50 }, (_, index) => `x${index}`),
  ],
]
const queries: [query: string, ...fields: string[]][] = [
  ['colors=GREEN&colors=blue&large=12345678901'],
  ['colors=GREEN&colors=red', 'colors'],
  ['large=twelve', 'large'],
  ['large=1&large=2', 'large'],
  ['part=a', 'part'],
  ['part.label=a', 'part.label'],
]

;(envoy ? describe : describe.skip)('the guard, for other kinds of fields', () => {
  let gateway: LoneGateway
  beforeAll(async () => {
    gateway = await startAlone(envoy ?? '', await buildEveryKind())
  }, 40_000)
  afterAll(() => gateway?.stop())

  it.each(bodies)('reads the body %s', async (body, ...fields) => {
    await expectRefused(gateway.send('POST /things', body), fields)
  })

  it.each(queries)('reads the query %s', async (query, ...fields) => {
    await expectRefused(gateway.send(`GET /things?${query}`), fields)
  })
})

/** Without a wrong field the request comes past the guard, where there is no service. */
async function expectRefused(answer: ReturnType<LoneGateway['send']>, fields: readonly string[]): Promise<void> {
  const { status, json } = await answer
  const named = json.details.flatMap((detail) => detail.field_violations ?? []).map(({ field }) => field)
  expect([status, named]).toEqual([fields.length > 0 ? 400 : 503, fields])
}
