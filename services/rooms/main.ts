import { FeedServiceDefinition } from '@hotel/proto/hotel/feed/v1/feed'
import { RetirementServiceDefinition } from '@hotel/proto/hotel/reservations/v1/retirement'
import { EmployeeServiceDefinition } from '@hotel/proto/hotel/rooms/v1/employees'
import { HotelServiceDefinition } from '@hotel/proto/hotel/rooms/v1/hotels'
import { LocationServiceDefinition } from '@hotel/proto/hotel/rooms/v1/locations'
import { RoomTypeServiceDefinition } from '@hotel/proto/hotel/rooms/v1/room_types'
import { RoomServiceDefinition } from '@hotel/proto/hotel/rooms/v1/rooms'
import { TransferServiceDefinition } from '@hotel/proto/hotel/transfer/v1/transfer'
import { openIdentity } from '@hotel/runtime/access/identity'
import { feedService } from '@hotel/runtime/changes/feed'
import { openHeads } from '@hotel/runtime/changes/heads'
import { pruneIdempotencyKeys } from '@hotel/runtime/changes/prune'
import { watcher } from '@hotel/runtime/changes/watch'
import { clockOffset } from '@hotel/runtime/database/clock'
import { openDatabase } from '@hotel/runtime/database/database'
import { reader } from '@hotel/runtime/database/read'
import { pager } from '@hotel/runtime/resource/page'
import { writer } from '@hotel/runtime/resource/write'
import { openPeer } from '@hotel/runtime/server/peers'
import { untilToldToStop } from '@hotel/runtime/server/process'
import { demandDatabase } from '@hotel/runtime/server/readiness'
import { serve } from '@hotel/runtime/server/serve'
import { openTelemetry } from '@hotel/runtime/telemetry/telemetry'
import { transferService } from '@hotel/runtime/transfer/transfer'
import { config } from './config.ts'
import { Employee } from './employee.ts'
import { employeeService } from './employee-service.ts'
import { Hotel } from './hotel.ts'
import { hotelService } from './hotel-service.ts'
import { Location } from './location.ts'
import { locationService } from './location-service.ts'
import { migrations } from './migrations.ts'
import { demandHotelIn } from './references.ts'
import { encode, RESOURCES, rebuilder } from './resources.ts'
import { roomRetirement } from './retirement.ts'
import { Room } from './room.ts'
import { roomService } from './room-service.ts'
import { RoomType } from './room-type.ts'
import { roomTypeService } from './room-type-service.ts'
import { roomTransfers } from './transfers.ts'

await using closing = new AsyncDisposableStack()
const telemetry = await openTelemetry('rooms', config)
closing.defer(() => telemetry.close())
const { log, metrics } = telemetry

const entities = [Hotel, Location, RoomType, Room, Employee]
const orm = await openDatabase({ url: config.databaseUrl, entities, telemetry })
closing.defer(() => orm.close())
const exportsFrom = await openDatabase({ url: config.databaseUrl, entities: entities, poolSize: config.exportLimit })
closing.defer(() => exportsFrom.close())
const heads = openHeads(config.databaseUrl, log)
closing.defer(() => heads.close())
const identity = openIdentity(config.serviceTokenFile, log)
const reservations = openPeer(config.reservations, identity, metrics)
closing.defer(() => reservations.close())
closing.defer(pruneIdempotencyKeys(orm, log))

const rebuild = rebuilder(orm)
const offset = clockOffset(config.clockFile)
const deps = {
  orm,
  read: reader(orm),
  writer: writer({ orm, heads, rebuild, resources: RESOURCES, clockOffset: offset, metrics }),
  page: pager(config.pageTokenKey),
  watch: watcher({ ...config, orm, heads, rebuild, log, clockOffset: offset, demandHotel: demandHotelIn(orm) }),
}
const retirement = roomRetirement({
  orm,
  writer: deps.writer,
  reservations: reservations.client(RetirementServiceDefinition),
  log,
})
closing.defer(retirement.close)
const served = await serve({
  ...config,
  telemetry,
  ready: () => demandDatabase(heads, migrations),
  add(server) {
    server.add(HotelServiceDefinition, hotelService(deps))
    server.add(LocationServiceDefinition, locationService(deps))
    server.add(RoomServiceDefinition, roomService({ ...deps, retirement }))
    server.add(RoomTypeServiceDefinition, roomTypeService(deps))
    server.add(EmployeeServiceDefinition, employeeService(deps))
    server.add(
      TransferServiceDefinition,
      transferService(roomTransfers({ orm, exportsFrom, writer: deps.writer }), { ...config, log }),
    )
    server.add(FeedServiceDefinition, feedService({ orm, heads, rebuild, encode, resources: RESOURCES }))
  },
})
await served.stop(await untilToldToStop())
