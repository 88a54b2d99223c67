import type { Suite } from '../harness/test-suite.ts'

/** A change as JSON; the resource stands under its own name. */
export type Change = {
  readonly version: string
  readonly time: string
  readonly actor: string
  readonly kind: 'CREATED' | 'UPDATED' | 'DELETED' | 'UNDELETED' | 'ERASED'
} & { readonly [resource: string]: Resource }

// biome-ignore lint/suspicious/noExplicitAny: each resource has fields of its own.
type Resource = { readonly id: string } & any

/** An answer of a watch as JSON. */
export type Answer = {
  readonly changes: readonly Change[]
  readonly cursor: string
  readonly error?: { code: number; message: string; details: { reason?: string; metadata?: Record<string, string> }[] }
}

export type Form = 'lines' | 'events'

type Watched = {
  readonly collection: string
  readonly query: Readonly<Record<string, string>>
  readonly form?: Form
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** A watch over REST that was begun. */
export type Watching = {
  readonly status: number
  readonly headers: Headers
  /** The answers as they come; ends with the stream, throws when it is cut. */
  readonly answers: AsyncGenerator<Answer>
  /** Ends the reading and the connection. */
  stop(): void
}

/** Begins a watch over REST through the gateway. */
export async function beginWatch(
  suite: Suite,
  { collection, query, form, headers, signal }: Watched,
): Promise<Watching> {
  const stopping = new AbortController()
  const response = await fetch(`http://${suite.gateway.address}/${collection}:watch?${new URLSearchParams(query)}`, {
    headers: {
      authorization: `Bearer ${suite.testerToken}`,
      ...(form === 'events' && { accept: 'text/event-stream' }),
      ...headers,
    },
    signal: signal === undefined ? stopping.signal : AbortSignal.any([signal, stopping.signal]),
  })
  const answers = readAnswers(response, form ?? 'lines')
  return { status: response.status, headers: response.headers, answers, stop: () => stopping.abort() }
}

/** The answers of a watch over REST until the caller stops reading; throws what a refusal says. */
export async function* watch(suite: Suite, watched: Watched): AsyncGenerator<Answer> {
  const watching = await beginWatch(suite, watched)
  try {
    yield* watching.answers
  } finally {
    watching.stop()
  }
}

async function* readAnswers(response: Response, form: Form): AsyncGenerator<Answer> {
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  let rest = ''
  const decoder = new TextDecoder()
  for await (const bytes of response.body ?? []) {
    const parts = (rest + decoder.decode(bytes, { stream: true })).split(form === 'lines' ? '\n' : '\n\n')
    rest = parts.pop() ?? ''
    for (const part of parts) yield form === 'lines' ? JSON.parse(part) : readEvent(part)
  }
  if (rest !== '') throw new Error(`the stream ends within an answer: ${rest.slice(0, 200)}`)
}

function readEvent(text: string): Answer {
  const [, id, data] = /^id: ([\w-]+)\ndata: (.+)$/.exec(text) ?? []
  const answer = JSON.parse(data ?? 'null') as Answer | null
  if (answer === null || answer.cursor !== id) throw new Error(`no event with its cursor for its id: ${text}`)
  return answer
}

/** What one who watches knows: the newest version of each resource, and the cursor to go on from. */
export type Mirror = {
  readonly resource: string
  cursor: string
  readonly versions: Map<string, { version: number; resource: Resource }>
  /** All changes by id and version, with how often each has come. */
  readonly seen: Map<string, number>
}

/** A mirror that knows nothing; it watches from the oldest change. */
export function emptyMirror(resource: string): Mirror {
  return { resource, cursor: '', versions: new Map(), seen: new Map() }
}

/** Applies an answer as the protos say: the highest version of each resource counts. */
export function applyTo(mirror: Mirror, { changes, cursor }: Answer): void {
  for (const change of changes) {
    const resource = change[mirror.resource]
    const version = Number(change.version)
    const key = `${resource.id} ${version}`
    mirror.seen.set(key, (mirror.seen.get(key) ?? 0) + 1)
    if (version > (mirror.versions.get(resource.id)?.version ?? 0))
      mirror.versions.set(resource.id, { version, resource })
  }
  mirror.cursor = cursor
}

/** The resources that a mirror holds, by id. */
export function contentOf(mirror: Mirror): Resource[] {
  return [...mirror.versions.values()].map(({ resource }) => resource).sort(byId)
}

/** All resources of a hotel that the list gives, deleted ones too unless it is said, by id. */
export async function listed(
  suite: Suite,
  collection: string,
  hotel: string,
  show_deleted: 'true' | 'false' = 'true',
): Promise<Resource[]> {
  const resources: Resource[] = []
  let page_token = ''
  do {
    const query = new URLSearchParams({ hotel, show_deleted, page_size: '500', page_token })
    const { json } = await suite.rest('GET', `/${collection}?${query}`)
    resources.push(...json[collection])
    page_token = json.next_page_token
  } while (page_token !== '')
  return resources.sort(byId)
}

function byId(a: Resource, b: Resource): number {
  return a.id < b.id ? -1 : 1
}

/** Makes a hotel, which nobody else writes in. */
export async function newHotel(suite: Suite): Promise<string> {
  return (await suite.hotels.createHotel({ name: 'Watched' })).id
}

/** Writes blocks of about 8 KB each, in one transaction, past the service: nobody is notified, and no night is taken. */
export async function fillWithBlocks(suite: Suite, hotel: string, count: number): Promise<void> {
  await suite.sql(
    'reservations',
    `with written as materialized (select begin_write($1, '0') as now)
     insert into room_block (hotel_id, id, location_id, room_id, in_date, out_date, reason, create_time, update_time,
       updated_by)
     select $1, uuidv7(), $1, $1, '2030-01-01', '2030-01-02', repeat('\u{1F600}', 2000), now, now, 'filled'
     from written, generate_series(1, $2)`,
    [hotel, count],
  )
}
