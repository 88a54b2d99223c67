import type { EntityClass } from '@mikro-orm/postgresql'
import type { CallContext } from 'nice-grpc'
import type { EntityManager } from '../database/database.ts'
import { find } from '../database/find.ts'
import { notFound, precondition } from '../errors/refusal.ts'
import { inWords } from '../errors/snake-case.ts'
import { matchEtag } from '../read/etag.ts'
import { created, withEtag } from './answer.ts'
import { change } from './entity-fields.ts'
import { beingRetired, type Retirable, takeBack } from './retirement/retiring.ts'
import type { Shares } from './under-head.ts'
import type { Write, Writer } from './write.ts'
import type { Scope } from './write-scope.ts'

/** An entity that these methods change. */
type Changeable = Retirable<{ id: string; etag: string }> & {
  /** Has the write that breaks a unique index throw what that comes to. */
  demandUnique?(written: Write): void
}

/** The entity's message. */
type MessageOf<Entity extends Changeable> = ReturnType<Entity['toProto']>

/** What the methods know of a kind of resource. */
type Kind<Entity extends Changeable, Request> = {
  /** As its table is named. */
  readonly name: string
  /** Its path over REST, as `/guests`. */
  readonly collection: string
  readonly entity: EntityClass<Entity>
  /** What a write may share its transaction by; without it, each has one for itself. */
  readonly shares?: (request: Request) => Shares
}

/** What is asked of the database along with taking the hotel's head. It is sent all at once, and changes nothing. */
type Asks<Loaded> = {
  readonly load?: ((em: EntityManager, hotel: string, id: string) => Promise<Loaded>) | undefined
}

/** How a resource is made: `make` gives the new entity, or throws. */
export type Making<Entity, Loaded> = {
  load?(em: EntityManager): Promise<Loaded>
  make(written: Write, loaded: Loaded): Entity
}

/** How a resource is changed: `fields` gives what its fields become, or throws. */
export type Changing<Entity, Loaded = unknown> = Asks<Loaded> & {
  fields(resource: Entity, loaded: Loaded): Partial<Entity>
}

/** What has to be so before a resource is deleted or restored: `demand` throws otherwise. */
export type Demand<Entity, Loaded = unknown> = Asks<Loaded> & { demand(resource: Entity, loaded: Loaded): void }

/** What a write does with a resource that is there, deleted or not. */
type Deed<Entity, Loaded> = Asks<Loaded> & { apply(written: Write, resource: Entity, loaded: Loaded): void }

/**
 * The methods that change resources of one kind, each one write under the head of the resource's hotel. All throw NOT_FOUND
 * for what does not exist, ETAG_MISMATCH for what is another than the caller knows, what demandUnique says when a unique
 * index is broken, and answer with the resource and its etag.
 */
export function changeMethods<Entity extends Changeable, Request = object>(
  writer: Writer,
  { name, collection, entity, shares }: Kind<Entity, Request>,
) {
  type Named = Request & { readonly id: string }
  const sharing = (request: Request) => (shares === undefined ? {} : { shares: shares(request) })

  const scopeOf = async ({ id }: { id: string }, call: CallContext): Promise<Scope> => ({
    hotel: await writer.hotels.demand(name, id, call.signal),
  })

  const write = async <Loaded>(
    call: CallContext,
    method: string,
    request: Named,
    scope: Scope,
    { load, apply }: Deed<Entity, Loaded>,
  ): Promise<MessageOf<Entity>> => {
    const { hotel } = scope
    const message = await writer.write(call, method, request, scope, {
      ...sharing(request),
      // Without `load` nobody reads what it gives.
      load: (em) =>
        Promise.all([find(em, entity, hotel, request.id), load?.(em, hotel, request.id) as Promise<Loaded>]),
      apply(written, [resource, loaded]) {
        apply(written, resource, loaded)
        return () => resource.toProto() as MessageOf<Entity>
      },
    })
    return withEtag(call, message)
  }

  const demandWritable = ({ deleteTime, retiringTime }: Entity, { id }: Named) => {
    if (deleteTime) throw notFound(name, id)
    if (retiringTime) throw beingRetired(name)
  }

  return {
    /** The hotel of a resource, in which its write is. */
    scopeOf,

    /** A write of a resource that is there, deleted or not. */
    write,

    /** Makes a resource; over REST that is 201 with its address. */
    async create<Loaded>(
      call: CallContext,
      method: string,
      request: Request & object,
      scope: Scope,
      { load, make }: Making<Entity, Loaded>,
    ): Promise<MessageOf<Entity>> {
      const message = await writer.write(call, method, request, scope, {
        ...sharing(request),
        ...(load !== undefined && { load }),
        apply(written, loaded: Loaded) {
          const resource = make(written, loaded)
          resource.demandUnique?.(written)
          return () => resource.toProto() as MessageOf<Entity>
        },
      })
      return created(call, collection, message)
    },

    /** Changes the fields of a live resource: `changing` is asked for once the hotel is known, before the write. */
    async update<Loaded>(
      call: CallContext,
      method: string,
      request: Named,
      changing: (hotel: string) => Changing<Entity, Loaded> | Promise<Changing<Entity, Loaded>>,
    ): Promise<MessageOf<Entity>> {
      const scope = await scopeOf(request, call)
      const { load, fields } = await changing(scope.hotel)
      return write(call, method, request, scope, {
        load,
        apply(written, resource, loaded: Loaded) {
          demandWritable(resource, request)
          matchEtag(call, request, resource.version)
          change<Entity>(resource, fields(resource, loaded), written)
          resource.demandUnique?.(written)
        },
      })
    },

    /** Deletes a live resource. */
    async remove<Loaded>(call: CallContext, method: string, request: Named, asked?: Demand<Entity, Loaded>) {
      return write(call, method, request, await scopeOf(request, call), {
        load: asked?.load,
        apply(written, resource, loaded: Loaded) {
          demandWritable(resource, request)
          matchEtag(call, request, resource.version)
          asked?.demand(resource, loaded)
          change<Changeable>(resource, { deleteTime: written.now }, written)
        },
      })
    },

    /** Restores a deleted resource, or takes a deletion back that is not decided. Throws ALREADY_LIVE for another. */
    async undelete<Loaded>(call: CallContext, method: string, request: Named, asked?: Demand<Entity, Loaded>) {
      return write(call, method, request, await scopeOf(request, call), {
        load: asked?.load,
        apply(written, resource, loaded: Loaded) {
          matchEtag(call, request, resource.version)
          if (!resource.deleteTime) {
            if (!resource.retiringTime) throw alreadyLive(name)
            return takeBack(resource, written)
          }
          asked?.demand(resource, loaded)
          change<Changeable>(resource, { deleteTime: null }, written)
          resource.demandUnique?.(written)
        },
      })
    },
  }
}

/** FAILED_PRECONDITION of what is to be restored and is not deleted. */
function alreadyLive(name: string) {
  return precondition('ALREADY_LIVE', `the ${inWords(name)} is not deleted`)
}
