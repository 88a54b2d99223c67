import { FeedServiceDefinition } from '@hotel/proto/hotel/feed/v1/feed'
import { HotelServiceDefinition } from '@hotel/proto/hotel/rooms/v1/hotels'
import { LocationServiceDefinition } from '@hotel/proto/hotel/rooms/v1/locations'
import { RoomServiceDefinition } from '@hotel/proto/hotel/rooms/v1/rooms'
import { clockOffset } from '@hotel/runtime/clock'
import { openDatabase } from '@hotel/runtime/database'
import { feedService } from '@hotel/runtime/feed'
import { openHeads } from '@hotel/runtime/heads'
import { createLogger } from '@hotel/runtime/log'
import { pager } from '@hotel/runtime/page'
import { untilToldToStop } from '@hotel/runtime/process'
import { pruneIdempotencyKeys } from '@hotel/runtime/prune'
import { databaseReady } from '@hotel/runtime/readiness'
import { serve } from '@hotel/runtime/serve'
import { writer } from '@hotel/runtime/write'
import { config } from './config.ts'
import { Hotel } from './hotel.ts'
import { hotelService } from './hotel-service.ts'
import { Location } from './location.ts'
import { locationService } from './location-service.ts'
import { migrations } from './migrations.ts'
import { encode, rebuilder } from './resources.ts'
import { Room } from './room.ts'
import { roomService } from './room-service.ts'

const log = createLogger('rooms', config.logLevel)
await using closing = new AsyncDisposableStack()

const orm = await openDatabase({ url: config.databaseUrl, entities: [Hotel, Location, Room], migrations })
closing.defer(() => orm.close())
const heads = openHeads(config.databaseUrl, log)
closing.defer(() => heads.close())
closing.defer(pruneIdempotencyKeys(orm, log))

const rebuild = rebuilder(orm)
const deps = {
  orm,
  writer: writer({ orm, heads, rebuild, clockOffset: clockOffset(config.clockFile), refusals: {} }),
  page: pager(config.pageTokenKey),
}
const served = await serve({
  ...config,
  log,
  ready: databaseReady(orm, migrations),
  add(server) {
    server.add(HotelServiceDefinition, hotelService(deps))
    server.add(LocationServiceDefinition, locationService(deps))
    server.add(RoomServiceDefinition, roomService(deps))
    server.add(FeedServiceDefinition, feedService({ orm, heads, rebuild, encode }))
  },
})
await served.stop(await untilToldToStop())
