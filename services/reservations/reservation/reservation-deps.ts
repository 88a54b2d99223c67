import type { Watch } from '@hotel/runtime/changes/watch'
import type { Logger } from '@hotel/runtime/process/log'
import type { Writer } from '@hotel/runtime/resource/write'
import type { CreationGroups } from '../creation/creation-groups.ts'
import type { StayDeps } from '../current-and-upcoming/current-and-upcoming.ts'
import type { Reading } from '../nights/alternatives.ts'
import type { ReadThrough } from '../replicas/read-through.ts'

/** The parts that the service needs: its database, its feed and the answers of other services. */
export type Deps = StayDeps & {
  writer: Writer
  groups: CreationGroups
  watch: Watch
  peers: ReadThrough
  log: Logger
  lookUps: Reading['lookUps']
}
