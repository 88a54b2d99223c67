import type { CallContext } from 'nice-grpc'
import { isVisible } from '../access/hotels.ts'
import { encoded } from '../call/pre-encoded.ts'
import type { Read } from '../database/read.ts'
import type { Parameter } from '../database/text-query.ts'
import { isId } from '../errors/id.ts'
import { notFound } from '../errors/refusal.ts'
import { etagOf } from './etag.ts'
import type { RowMessage } from './row-message.ts'

/** A method that gives a resource by its id. */
export type Get<Message> = (request: { id: string }, call: CallContext) => Promise<Message>

type Options = {
  /** The column of the id: that of a hotel is its `hotel_id`. */
  readonly id?: string
  /** The parameters of the message's columns, from $2 on. */
  readonly parameters?: () => readonly Parameter[]
}

/**
 * The Get method of a resource, whose name is also that of its table: one statement, by the id alone, and the row encoded
 * as it is. Throws NOT_FOUND for what does not exist, and for what is of another hotel than the caller's.
 */
export function getMethod<Message extends object>(
  read: Read,
  resource: string,
  message: RowMessage,
  { id: column = 'id', parameters = () => [] }: Options = {},
): Get<Message> {
  const text = `select ${message.columns.join(', ')} from ${resource} where ${column} = $1`
  const statement = { name: `get_${resource}`, text }
  const [hotel, version] = [message.place('hotel_id'), message.place('version')]
  return async ({ id }, call) => {
    if (!isId(id)) throw notFound(resource, id)
    const [row] = await read(statement, [id, ...parameters()], call.signal)
    if (row === undefined || !isVisible(row[hotel] ?? '')) throw notFound(resource, id)
    call.header.set('etag', etagOf(row[version] ?? ''))
    return encoded(message.encode(row))
  }
}
