import { readFileSync } from 'node:fs'
import { createFileRegistry, type DescMethod, fromBinary, getOption } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { readScopes } from '@hotel/runtime/access/scopes'
import { allScopes, clientScopes, serviceScopes } from '@hotel/stack/identity/scopes'
import { type ServiceName, serviceNames } from '@hotel/stack/service-names'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { rawCall } from '../edge/raw-call.ts'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'

const bytes = readFileSync(new URL(import.meta.resolve('@hotel/proto/api.binpb')))
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes))
const scopes = readScopes(bytes)

/** Every method of the suite's services, from the descriptors, so that a new one can not be forgotten. */
const methods = [...registry].flatMap((type) =>
  type.kind === 'service' && type.typeName.startsWith('hotel.') ? type.methods.map(methodOf) : [],
)

type Rule = { pattern: { case?: string; value?: string } }
type Method = {
  readonly path: string
  readonly scope: string
  readonly rest: { verb: string; path: string } | undefined
}

function methodOf(desc: DescMethod): Method {
  const path = `/${desc.parent.typeName}/${desc.name}`
  const http = registry.getExtension('google.api.http')
  // Known at run time only; google/api/http.proto gives its shape.
  const { pattern } = http === undefined ? { pattern: {} } : (getOption(desc, http) as unknown as Rule)
  const rest = pattern.case && {
    verb: pattern.case.toUpperCase(),
    path: (pattern.value ?? '').replaceAll(/\{\w+\}/g, '01900000-0000-7000-8000-000000000000'),
  }
  return { path, scope: scopes.get(path) ?? '', rest: rest || undefined }
}

/** Which services answer a method: those of the suite's own kinds are answered by several. */
function servicesOf({ path }: Method): readonly ServiceName[] {
  const owner = serviceNames.find((name) => path.startsWith(`/hotel.${name}.`))
  return owner === undefined ? serviceNames : [owner]
}

let suite: Suite
let tokens: { expired: string; others: ReadonlyMap<string, string>; only: ReadonlyMap<string, string> }
beforeAll(async () => {
  suite = await sharedSuite({ hotels: 'every' })
  const each = async (scopesFor: (scope: string) => readonly string[]) =>
    new Map(
      await Promise.all(
        allScopes.map(async (scope) => [scope, await suite.token({ scopes: scopesFor(scope) })] as const),
      ),
    )
  tokens = {
    expired: await suite.token({ ttlSeconds: -60 }),
    others: await each((scope) => allScopes.filter((other) => other !== scope)),
    only: await each((scope) => [scope]),
  }
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

/** The code of a call by gRPC. One that streams without end ends at its deadline. */
async function call(address: string, { path }: Method, token?: string): Promise<string> {
  const headers = { 'grpc-timeout': '700m' }
  return (await rawCall(address, path, { headers, ...(token === undefined ? {} : { token }) })).code
}

const REFUSED = ['UNAUTHENTICATED', 'PERMISSION_DENIED']

describe.each(methods)('$path', (method) => {
  const { scope, rest } = method

  test('is for nobody without a token that has its scope, also straight at the service', async () => {
    for (const address of servicesOf(method).map((name) => suite.stack.addresses[name][0] ?? '')) {
      expect(await call(address, method)).toBe('UNAUTHENTICATED')
      expect(await call(address, method, tokens.expired)).toBe('UNAUTHENTICATED')
      expect(await call(address, method, tokens.others.get(scope))).toBe('PERMISSION_DENIED')
      expect(REFUSED).not.toContain(await call(address, method, tokens.only.get(scope)))
    }
  })

  test('nor through the gateway', async () => {
    const { address } = suite.gateway
    expect(await call(address, method)).toBe('UNAUTHENTICATED')
    expect(await call(address, method, tokens.expired)).toBe('UNAUTHENTICATED')
    if (rest === undefined) {
      // The services among themselves: no token leads there.
      expect(await call(address, method, tokens.only.get(scope))).toBe('UNIMPLEMENTED')
      return
    }
    expect(await call(address, method, tokens.others.get(scope))).toBe('PERMISSION_DENIED')
    expect(REFUSED).not.toContain(await call(address, method, tokens.only.get(scope)))
    const status = async (token: string | undefined) => {
      const body = ['POST', 'PUT', 'PATCH'].includes(rest.verb) ? { body: {} } : {}
      const { status, json } = await suite.rest(rest.verb, rest.path, { ...body, token })
      return [status, json?.details?.[0]?.reason, json?.details?.[0]?.metadata?.scope]
    }
    expect(await status(undefined)).toEqual([401, 'UNAUTHENTICATED', undefined])
    expect(await status(tokens.expired)).toEqual([401, 'UNAUTHENTICATED', undefined])
    expect(await status(tokens.others.get(scope))).toEqual([403, 'PERMISSION_DENIED', scope])
    expect([401, 403]).not.toContain((await status(tokens.only.get(scope)))[0])
  })
})

test('no method that clients reach has a scope of the services, and the other way round', () => {
  // The gateway asks beforehand with the token of the client whose change it is.
  const asked = (path: string) => path.startsWith('/hotel.reservations.v1.StatusCheckService/')
  for (const { path, scope, rest } of methods)
    expect([path, clientScopes.includes(scope)]).toEqual([path, rest !== undefined || asked(path)])
  expect([...new Set(methods.map(({ scope }) => scope))].sort()).toEqual([...allScopes].sort())
})

test('a service may do what it asks its peers, and nothing of any other', () => {
  expect(serviceScopes).toEqual({
    guests: ['rooms.read', 'retirements.write'],
    rooms: ['retirements.write'],
    reservations: ['feeds.read', 'guests.read', 'rooms.read'],
  })
})

test('health and, where it is public, reflection need no token', async () => {
  for (const name of serviceNames)
    expect((await rawCall(suite.stack.addresses[name][0] ?? '', '/grpc.health.v1.Health/Check')).code).toBe('OK')
  expect((await rawCall(suite.gateway.address, '/grpc.health.v1.Health/Check')).code).toBe('OK')
})
