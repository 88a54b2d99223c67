import type { MikroORM } from '@hotel/runtime/database/database'
import type { ClockOffset } from '@hotel/runtime/process/clock'
import type { Writer } from '@hotel/runtime/resource/write'
import type { ReadThrough } from '../replicas/read-through.ts'
import type { CaughtUp } from '../replicas/wait-for-replicas.ts'

/** The parts that import and export of this service's resources need; `exportsFrom` are the connections of exports. */
export type TransferDeps = {
  orm: MikroORM
  exportsFrom: MikroORM
  writer: Writer
  caughtUp: CaughtUp
  peers: Pick<ReadThrough, 'named'>
  clockOffset: ClockOffset
}
