import { readFileSync } from 'node:fs'
import { fromJson, type JsonObject, toBinary } from '@bufbuild/protobuf'
import { type ApiMethod, readApi } from '@hotel/gateway/api'
import type { AnyCall } from '../full-hotel/any-call.ts'
import type { Suite } from '../harness/test-suite.ts'

const api = readApi(readFileSync(new URL(import.meta.resolve('@hotel/proto/api.binpb'))))

/** Every method that answers in pages, by its name. */
export const pagedMethods: ReadonlyMap<string, ApiMethod> = new Map(
  api.methods
    .filter(({ desc }) => desc.input.fields.some(({ name }) => name === 'page_token'))
    .map((method) => [method.desc.name, method]),
)

/** Of a page: 512 KiB of texts, and what is beside them in 500 rows. */
const MOST_BYTES = 768 * 1024

/** Reads the page with this token: what identifies each of its rows, and the token of the next. */
export type ReadPage = (page_token: string) => Promise<{ readonly rows: readonly string[]; readonly next: string }>

/** The rows of each page of a list. */
export async function pagesOf(read: ReadPage): Promise<(readonly string[])[]> {
  const pages = []
  let token = ''
  do {
    const { rows, next } = await read(token)
    pages.push(rows)
    token = next
  } while (token !== '')
  return pages
}

/** Reads pages of 500 rows by REST. */
export function byRest(suite: Suite, { http }: ApiMethod, request: JsonObject): ReadPage {
  return async (page_token) => {
    const given = Object.entries({ ...request, page_size: 500, page_token }).map(([name, value]) => [
      name,
      String(value),
    ])
    const inPath = (name = '') => http?.variables.includes(name)
    const path = (http?.template ?? '').replace(/\{(\w+)\}/, (_, name) => String(request[name]))
    const query = new URLSearchParams(given.filter(([name]) => !inPath(name)))
    const { status, text, json } = await suite.rest('GET', `${path}?${query}`)
    if (status !== 200) throw new Error(`${path} gave ${status}: ${text.slice(0, 500)}`)
    return pageOf(json)
  }
}

/** Reads pages of 500 rows by gRPC through the gateway, as a client that is set up in no special way. */
export function byGrpc(suite: Suite, call: AnyCall, { desc }: ApiMethod, request: JsonObject): ReadPage {
  return async (page_token) => {
    const headers = { authorization: `Bearer ${suite.testerToken}` }
    const { code, message, answer } = await call(
      suite.gateway.address,
      desc,
      { ...request, page_size: 500, page_token },
      headers,
    )
    if (code !== 'OK') throw new Error(`${desc.name} gave ${code}: ${message}`)
    const { length } = toBinary(desc.output, fromJson(desc.output, answer ?? null))
    if (length > MOST_BYTES) throw new Error(`${desc.name} gave a page of ${length} bytes`)
    return pageOf(answer as JsonObject)
  }
}

type Row = { [name in 'id' | 'reservation' | 'room' | 'room_type' | 'version']?: unknown }

function pageOf({ next_page_token: next = '', ...answer }: JsonObject) {
  const rows = (Object.values(answer)[0] ?? []) as Row[]
  const keys = rows.map(
    ({ id, reservation, room, room_type, version }) => id ?? reservation ?? room ?? room_type ?? version,
  )
  return { rows: keys.map(String), next: String(next) }
}
