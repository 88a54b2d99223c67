import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { createFileRegistry, fromBinary, toJson } from '@bufbuild/protobuf'
import { DescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { readDescriptors, settingsWith } from '@hotel/test/gateway/fixtures'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { type Api, readApi } from '../api.ts'
import { guardFilter, guardTable } from '../guard/guard.ts'
import { rateLimitFilter } from '../limits/client-limit.ts'
import { dearLimitFilter } from '../limits/dear-limit.ts'
import { statusLimitFilter, statusMethods } from '../limits/limits.ts'
import { needlessFilters } from '../routes/method-routes.ts'
import { routeConfiguration } from '../routes/routes.ts'
import { callerFilter, tokenFilter } from '../tokens/tokens.ts'
import { bootstrap } from './bootstrap.ts'
import { configure, type GatewayFiles, writeFiles } from './configure.ts'
import { documentsOf } from './documents.ts'
import { httpFilters } from './filters.ts'

let api: Api
let files: GatewayFiles
beforeAll(async () => {
  const descriptorSet = await readDescriptors()
  api = readApi(descriptorSet)
  files = await configure({ descriptorSet, settings: settingsWith({}) })
})

describe('the API that the gateway reads', () => {
  it('holds the services with HTTP rules and no others', () => {
    const services = new Set(api.methods.map((method) => method.desc.parent.typeName))
    expect([...services].sort()).toEqual([
      'hotel.guests.v1.GuestService',
      'hotel.reservations.v1.AvailabilityService',
      'hotel.reservations.v1.ReservationService',
      'hotel.reservations.v1.RoomBlockService',
      'hotel.rooms.v1.EmployeeService',
      'hotel.rooms.v1.HotelService',
      'hotel.rooms.v1.LocationService',
      'hotel.rooms.v1.RoomService',
      'hotel.rooms.v1.RoomTypeService',
    ])
  })

  it('repeats only reads', () => {
    const kinds = Object.fromEntries(api.methods.map((method) => [method.desc.name, method.kind]))
    expect(kinds).toMatchObject({
      ListRooms: 'read',
      UndeleteGuest: 'write',
      CreateHotel: 'write',
      WatchGuests: 'stream',
      WatchRoomBlocks: 'stream',
    })
  })
})

describe('routes', () => {
  // The shape is Envoy's, which its own validation below checks.
  const routes = () =>
    (
      routeConfiguration(api, settingsWith({}), [], undefined) as {
        virtual_hosts: [{ routes: { match: { path?: string; prefix?: string }; route?: Route }[] }]
      }
    ).virtual_hosts[0].routes
  type Route = { cluster: string; timeout: string; retry_policy: { retry_on: string } }

  it('lead every public method to its service', () => {
    for (const method of api.methods) {
      expect(routes().find(({ match }) => match.path === method.path)?.route?.cluster).toBe(method.service)
    }
  })

  it('never repeat a write that may have arrived', () => {
    for (const method of api.methods.filter(({ kind }) => kind === 'write')) {
      const route = routes().find(({ match }) => match.path === method.path)?.route
      expect(route?.retry_policy.retry_on).toBe('connect-failure,refused-stream')
    }
  })

  it('leave out of calls of gRPC only filters that there are, and no limit that the method has', () => {
    const settings = settingsWith({ RATE_LIMIT_SERVICE: 'rates:8081' })
    const names = new Set((httpFilters(settings, api, true) as { name: string }[]).map(({ name }) => name))
    const changeStatus = new Set(statusMethods(api))
    for (const method of api.methods) {
      const needless = needlessFilters(api, settings, true)
      const leftOut = new Set([...needless.always, ...needless.of(method)])
      expect(names.isSupersetOf(leftOut)).toBe(true)
      for (const name of [callerFilter, rateLimitFilter, tokenFilter, guardFilter]) expect(leftOut).not.toContain(name)
      expect(leftOut.has(dearLimitFilter)).toBe(method.cost <= 1)
      expect(leftOut.has(statusLimitFilter)).toBe(!changeStatus.has(method))
    }
  })

  it('lead nowhere near the internal services', () => {
    const text = JSON.stringify(bootstrap(settingsWith({}), api, documentsOf(api)))
    expect(text).toContain('hotel.guests.v1.GuestService')
    expect(text).not.toMatch(/FeedService|RetirementService/)
    const prefixes = routes().filter(({ route, match }) => route && match.prefix)
    expect(prefixes.every(({ match }) => match.prefix?.startsWith('/grpc.'))).toBe(true)
  })
})

describe('limits view', () => {
  it('has id and status only, under the names and numbers of the API', () => {
    const set = fromBinary(FileDescriptorSetSchema, files['limits-view.binpb'] as Uint8Array)
    const registry = createFileRegistry(set)
    const service = registry.getService('hotel.reservations.v1.ReservationService')
    expect(service?.methods.map((method) => method.name)).toEqual(['UpdateReservation', 'ReplaceReservation'])
    for (const { name, input } of service?.methods ?? []) {
      const original = api.methods.find(({ desc }) => desc.name === name)?.desc.input
      expect(input.typeName).toBe(original?.typeName)
      expect(input.fields.map((field) => field.number)).toEqual([
        original?.field.id?.number,
        original?.field.status?.number,
      ])
      expect(toJson(DescriptorProtoSchema, input.proto)).toMatchObject({
        field: [
          { name: 'id', number: 1, type: 'TYPE_STRING' },
          { name: 'status', number: 4, type: 'TYPE_INT32', proto3Optional: true },
        ],
      })
    }
  })
})

describe('the guard', () => {
  const withIds = (source: string): Api => {
    const kind = { name: 'id', patterns: [{ source, pattern: new RegExp(source), message: '' }] as const }
    return { ...api, constraints: { ...api.constraints, kinds: new Map([['id', kind]]) } }
  }

  it('takes for an id what the protos say', () => {
    expect(guardTable(withIds('^[0-9a-f]{3}-[a-z]x$'))).toContain(
      'local id_pattern = "^[0-9a-f][0-9a-f][0-9a-f]%-[a-z]x$"',
    )
  })

  it.each(['^[0-9a-f]+$', '[0-9a-f]', '^(a|b)$'])('can not check ids that match %s', (source) => {
    expect(() => guardTable(withIds(source))).toThrow(`the guard cannot check what is to match ${source}`)
  })
})

const envoy = process.env.ENVOY_BIN
;(envoy ? describe : describe.skip)('Envoy', () => {
  const accepts = async (environment: Readonly<Record<string, string>>) => {
    const directory = await mkdtemp(path.join(tmpdir(), 'gateway-'))
    try {
      const settings = settingsWith(environment)
      await writeFiles(directory, await configure({ descriptorSet: await readDescriptors(), settings }))
      await promisify(execFile)(envoy ?? '', ['--mode', 'validate', '-c', 'envoy.yaml'], { cwd: directory })
    } finally {
      await rm(directory, { recursive: true })
    }
  }

  it('accepts the configuration', () => accepts({}))

  it.each([
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318', OTEL_EXPORTER_OTLP_HEADERS: 'key=1' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://[::1]:4318', OTEL_TRACES_SAMPLER: 'always_on' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector', OTEL_TRACES_SAMPLER: 'parentbased_traceidratio' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector', OTEL_TRACES_SAMPLER: 'always_off' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector', OTEL_RESOURCE_ATTRIBUTES: 'service.namespace=hotel' },
  ])('accepts it with tracing: %j', (environment) => accepts(environment))
})
