import { FeedServiceDefinition } from '@hotel/proto/hotel/feed/v1/feed'
import { TransferServiceDefinition } from '@hotel/proto/hotel/transfer/v1/transfer'
import type { ServerAddBuilder } from 'nice-grpc'
import { openIdentity } from '../access/tokens/identity.ts'
import { feedService } from '../changes/feed.ts'
import { type FeedListener, openFeedListener } from '../changes/feed-listener.ts'
import { encoder, type FeedMessages, rebuilder } from '../changes/feed-messages.ts'
import { type Watch, watcher } from '../changes/watch.ts'
import { type MigrationFile, type MikroORM, openDatabase } from '../database/database.ts'
import { type Read, sharedReader } from '../database/read.ts'
import { openPeer, type Peer } from '../peers/peers.ts'
import type { Amiss } from '../process/amiss.ts'
import { type ClockOffset, clockOffset } from '../process/clock.ts'
import { untilToldToStop } from '../process/process.ts'
import { type Pager, pager } from '../read/page.ts'
import { pruneIdempotencyKeys } from '../resource/prune-keys.ts'
import type { Writer } from '../resource/write.ts'
import { writer } from '../resource/writer.ts'
import { openTelemetry, type Telemetry } from '../telemetry/telemetry.ts'
import { type Transfers, transferService } from '../transfer/transfer.ts'
import { demandConnection, demandDatabase } from './readiness.ts'
import { serve } from './serve.ts'
import type { ServiceSettings } from './service-settings.ts'

/** What a service is. */
export type ServiceOptions<PeerName extends string> = {
  readonly name: string
  readonly resources: FeedMessages
  readonly migrations: readonly MigrationFile[]
  /** The addresses of the services that it calls. */
  readonly peers: Readonly<Record<PeerName, readonly string[]>>
}

/** What the methods of a service need: its database, its feed, its clock, and the services that it calls. */
export type Service<PeerName extends string> = {
  readonly telemetry: Telemetry
  readonly orm: MikroORM
  /** For what a call reads. */
  readonly read: Read
  /** Connections to the same database, on which exports take their time. */
  readonly exportsFrom: MikroORM
  readonly heads: FeedListener
  readonly peers: Readonly<Record<PeerName, Peer>>
  readonly clockOffset: ClockOffset
  readonly writer: Writer
  readonly page: Pager
  /** The service's Watch; `demandHotel` throws INVALID_FIELD unless the hotel exists, deleted or not. */
  watch(demandHotel: (hotel: string, signal: AbortSignal) => Promise<void>): Watch
  /** Serves these, the feed and the transfers, until the process is told to stop, and stops. */
  serve(served: ServedParts): Promise<void>
}

/** What a service serves of its own. */
export type ServedParts = {
  /** Adds the services. */
  readonly add: (server: ServerAddBuilder<object>) => void
  /** What comes in and goes out in bulk. */
  readonly transfers: Transfers
  /** As that of ServeOptions, once the database is ready. */
  readonly ready?: () => Amiss
}

/** Opens what all services have, each part before what needs it; `closing` closes it in the opposite order. */
export async function openService<PeerName extends string>(
  closing: AsyncDisposableStack,
  config: ServiceSettings,
  { name, resources, migrations, peers: addresses }: ServiceOptions<PeerName>,
): Promise<Service<PeerName>> {
  const telemetry = await openTelemetry(name, config)
  closing.defer(() => telemetry.close())
  const { log, metrics } = telemetry
  const [url, entities] = [config.databaseUrl, Object.values(resources).map(({ entity }) => entity)]
  const orm = await openDatabase({ url, entities, telemetry })
  closing.defer(() => orm.close())
  const exportsFrom = await openDatabase({ url, entities, poolSize: config.exportLimit })
  closing.defer(() => exportsFrom.close())
  const heads = openFeedListener(url, log)
  closing.defer(() => heads.close())
  const identity = openIdentity(config.serviceTokenFile, log)
  const peers = Object.fromEntries(
    Object.entries<readonly string[]>(addresses).map(([peer, at]) => {
      const opened = openPeer(at, identity, metrics)
      closing.defer(() => opened.close())
      return [peer, opened]
    }),
  ) as Record<PeerName, Peer>
  closing.defer(pruneIdempotencyKeys(orm, log))

  const [tables, rebuild, encode] = [Object.keys(resources), rebuilder(orm, resources), encoder(resources)]
  const offset = clockOffset(config.clockFile)
  return {
    telemetry,
    orm,
    read: sharedReader(orm),
    exportsFrom,
    heads,
    peers,
    clockOffset: offset,
    writer: writer({ orm, heads, rebuild, resources: tables, clockOffset: offset, metrics }),
    page: pager(config.pageTokenKey),
    watch: (demandHotel) => watcher({ ...config, orm, heads, rebuild, log, clockOffset: offset, demandHotel }),
    async serve({ add, transfers, ready }) {
      const served = await serve({
        ...config,
        telemetry,
        async ready() {
          await demandDatabase(heads, migrations)
          await demandConnection(orm)
          return ready?.()
        },
        add(server) {
          add(server)
          server.add(TransferServiceDefinition, transferService(transfers, { ...config, log }))
          server.add(FeedServiceDefinition, feedService({ orm, heads, rebuild, encode, resources: tables }))
        },
      })
      await served.stop(await untilToldToStop())
    },
  }
}
