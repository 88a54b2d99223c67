import type { Batch } from '@hotel/proto/hotel/transfer/v1/transfer'
import type { ServiceName } from '@hotel/stack/service-names'
import type { Column } from '../csv/cells.ts'
import type { Reading } from './reading.ts'
import type { References } from './references.ts'

/** The name of a kind of resource: of its list in a batch, and of its file. */
export type KindName = keyof Batch

/** A line's cells that are not empty, by the names of their columns. */
export type Cells = Readonly<Record<string, string>>

/** How a kind of resource is written in a file. */
export type Kind = {
  readonly name: KindName
  /** The service that owns it. */
  readonly service: ServiceName
  /** The columns of an export, in their order, which are the fields of the message. */
  readonly columns: Readonly<Record<string, Column>>
  /** More columns that an import takes. */
  readonly more: readonly string[]
  readonly required: readonly string[]
  /** How the cells of one line are read, where it says so itself. */
  reading?(cells: Cells, reading: Reading): Reading
  /** The ids of what the cells refer to, under the names of the message's fields. */
  resolve(cells: Cells, references: References): Promise<Record<string, unknown>>
  /** The id of a line that has none, once its references are resolved; undefined: of its content and place in the file. */
  identify(cells: Cells, resolved: Record<string, unknown>, references: References): Promise<string | undefined>
}
