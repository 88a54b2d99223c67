import { useSyncExternalStore } from 'react'
import { call } from './call.ts'
import { allows, currentSession } from './session.ts'

/** A resource as it is answered; each has an id and an etag. */
export type Resource = Readonly<Record<string, unknown>> & { readonly id: string; readonly etag: string }

/** The name of a resource for a person: of a guest the first and last name, of a room its number, of others their name. */
export function nameOf(resource: Readonly<Record<string, unknown>>): string {
  const full = [resource.first_name, resource.last_name].filter(Boolean).join(' ')
  const name = full || resource.number || resource.name || resource.confirmation_code
  return typeof name === 'string' && name !== '' ? name : String(resource.id ?? '')
}

/** What is known of ids: names by collection and id. One store for all pages, as the same guest is on many. */
const known = new Map<string, string>()
const asked = new Set<string>()
const listeners = new Set<() => void>()
let version = 0

/** Keeps the names of resources that came in an answer. */
export function learn(collection: string, resources: readonly Readonly<Record<string, unknown>>[]): void {
  learnNames(
    collection,
    resources.map((each) => [String(each.id), nameOf(each)]),
  )
}

/** Keeps names by id. */
export function learnNames(collection: string, names: readonly (readonly [id: string, name: string])[]): void {
  const news = names.filter(([id, name]) => known.get(`${collection}/${id}`) !== name)
  for (const [id, name] of news) known.set(`${collection}/${id}`, name)
  if (news.length > 0) changed()
}

export function knownName(collection: string, id: string): string | undefined {
  return known.get(`${collection}/${id}`)
}

/** Looks again whenever a name has become known. */
export function useNames(): number {
  return useSyncExternalStore(subscribe, () => version)
}

/** The name of a resource by its id; it is asked for when nobody has told it yet. */
export function useName(collection: string, id: string | undefined): string | undefined {
  useNames()
  if (id !== undefined && id !== '') wantName(collection, id)
  return id === undefined ? undefined : knownName(collection, id)
}

const FEW = ['hotels', 'locations', 'room_types', 'rooms']
const scopes: Readonly<Record<string, string>> = {
  guests: 'guests.read',
  reservations: 'reservations.read',
  room_blocks: 'reservations.read',
}
let queue: { readonly collection: string; readonly id: string }[] = []

/** Asks for a name, together with others that are wanted in the same moment. */
export function wantName(collection: string, id: string): void {
  const key = `${collection}/${id}`
  if (known.has(key) || asked.has(key)) return
  if (!allows(currentSession(), scopes[collection] ?? 'rooms.read')) return
  asked.add(key)
  if (queue.push({ collection, id }) === 1) setTimeout(flush)
}

/** Resources of which a hotel has few come by their list; others one by one, a few at a time. */
async function flush(): Promise<void> {
  const wanted = queue
  queue = []
  for (const collection of FEW.filter((each) => wanted.some((one) => one.collection === each)))
    await loadAll(collection)
  const left = wanted.filter(({ collection, id }) => !known.has(`${collection}/${id}`))
  const worker = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await loadOne(next.collection, next.id)
  }
  await Promise.all([worker(), worker()])
}

async function loadAll(collection: string): Promise<void> {
  const query = { page_size: '500', show_deleted: 'true' }
  const page = await call<Record<string, Resource[]>>({ method: 'GET', path: `/${collection}`, query }).catch(
    () => undefined,
  )
  learn(collection, page?.[collection] ?? [])
}

async function loadOne(collection: string, id: string): Promise<void> {
  try {
    learn(collection, [await call<Resource>({ method: 'GET', path: `/${collection}/${encodeURIComponent(id)}` })])
  } catch {
    asked.delete(`${collection}/${id}`)
    learnNames(collection, [[id, id.slice(-8)]])
  }
}

function changed(): void {
  version += 1
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
