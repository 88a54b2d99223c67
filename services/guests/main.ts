import { FeedServiceDefinition } from '@hotel/proto/hotel/feed/v1/feed'
import { Guest as GuestMessage, GuestServiceDefinition } from '@hotel/proto/hotel/guests/v1/guests'
import { RetirementServiceDefinition } from '@hotel/proto/hotel/reservations/v1/retirement'
import { HotelServiceDefinition } from '@hotel/proto/hotel/rooms/v1/hotels'
import { LocationServiceDefinition } from '@hotel/proto/hotel/rooms/v1/locations'
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
import { guestErasure } from './erasure.ts'
import { Guest } from './guest.ts'
import { guestService } from './guest-service.ts'
import { guestTransfer } from './guest-transfer.ts'
import { hotelCountries } from './hotel-countries.ts'
import { knownHotels } from './known-hotels.ts'
import { migrations } from './migrations.ts'
import { guestRetirement } from './retirement.ts'

await using closing = new AsyncDisposableStack()
const telemetry = await openTelemetry('guests', config)
closing.defer(() => telemetry.close())
const { log, metrics } = telemetry

const orm = await openDatabase({ url: config.databaseUrl, entities: [Guest], telemetry })
closing.defer(() => orm.close())
const exportsFrom = await openDatabase({ url: config.databaseUrl, entities: [Guest], poolSize: config.exportLimit })
closing.defer(() => exportsFrom.close())
const heads = openHeads(config.databaseUrl, log)
closing.defer(() => heads.close())
const identity = openIdentity(config.serviceTokenFile, log)
const rooms = openPeer(config.rooms, identity, metrics)
closing.defer(() => rooms.close())
const reservations = openPeer(config.reservations, identity, metrics)
closing.defer(() => reservations.close())

const rebuild = (_resource: string, row: Record<string, unknown>) => orm.em.fork().map(Guest, row).toProto()
const offset = clockOffset(config.clockFile)
const hotels = knownHotels(orm, rooms.client(HotelServiceDefinition))
const countries = hotelCountries(rooms.client(LocationServiceDefinition))
const guestWriter = writer({ orm, heads, rebuild, resources: ['guest'], clockOffset: offset, metrics })
const decisions = reservations.client(RetirementServiceDefinition)
const retirement = guestRetirement({ orm, writer: guestWriter, reservations: decisions, log })
closing.defer(retirement.close)
const erasure = guestErasure({ orm, writer: guestWriter, retirement, reservations: decisions, log })
closing.defer(erasure.close)
closing.defer(pruneIdempotencyKeys(orm, log))

const served = await serve({
  ...config,
  telemetry,
  ready: () => demandDatabase(heads, migrations),
  add(server) {
    server.add(
      GuestServiceDefinition,
      guestService({
        orm,
        read: reader(orm),
        writer: guestWriter,
        page: pager(config.pageTokenKey),
        watch: watcher({ ...config, orm, heads, rebuild, log, clockOffset: offset, demandHotel: hotels.demandKnown }),
        retirement,
        erasure,
        hotels,
        countries,
      }),
    )
    server.add(
      TransferServiceDefinition,
      transferService({ guests: guestTransfer(exportsFrom, guestWriter, hotels, countries) }, { ...config, log }),
    )
    server.add(
      FeedServiceDefinition,
      feedService({
        orm,
        heads,
        rebuild,
        resources: ['guest'],
        encode: (_resource, message) => ({
          type_url: 'type.googleapis.com/hotel.guests.v1.Guest',
          value: Buffer.from(GuestMessage.encode(message as GuestMessage).finish()),
        }),
      }),
    )
  },
})
await served.stop(await untilToldToStop())
