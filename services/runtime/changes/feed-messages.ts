import type { EntityClass } from '@mikro-orm/postgresql'
import type { MikroORM } from '../database/database.ts'
import type { MessageType } from '../read/row-message.ts'
import type { Encode, Rebuild } from './change-row.ts'

/** A kind of resource that a service has: its entity, and how its message is told by the feed. */
export type FeedMessage = {
  readonly entity: EntityClass<{ toProto(): object }>
  encode(message: object): ReturnType<Encode>
}

/** The kinds of resources of a service, by their tables. */
export type FeedMessages = Readonly<Record<string, FeedMessage>>

/** The resource that has this entity, and this message of the name. */
export function feedMessage<Message extends object>(
  name: string,
  entity: EntityClass<{ toProto(): Message }>,
  type: MessageType<Message>,
): FeedMessage {
  return {
    entity,
    encode: (message) => ({
      type_url: `type.googleapis.com/${name}`,
      // It was made of the same entity.
      value: Buffer.from(type.encode(message as Message).finish()),
    }),
  }
}

/** The message of a row of the feed, by the table it is of. */
export function rebuilder(orm: MikroORM, messages: FeedMessages): Rebuild {
  return (table, row) => orm.em.fork().map(messageOf(messages, table).entity, row).toProto()
}

/** The message of a resource for the feed; it is one that `rebuilder` has made of the same resource. */
export function encoder(messages: FeedMessages): Encode {
  return (table, message) => messageOf(messages, table).encode(message)
}

function messageOf(messages: FeedMessages, table: string): FeedMessage {
  const message = Object.hasOwn(messages, table) ? messages[table] : undefined
  if (message === undefined) throw new Error(`the feed has no resource ${table}`)
  return message
}
