import { once } from 'node:events'
import { chmod, readFile, rm } from 'node:fs/promises'
import { createServer, type ServerHttp2Stream } from 'node:http2'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { readServing, type Serving } from '../serving.ts'
import { HEALTH_NAMES, HEALTH_SOCKET, type HealthNames } from './health-cluster.ts'

/** A request is a name. Everybody may ask. */
const LARGEST_REQUEST = 4_096
/** Watches at once, for which nobody needs a token. */
const MOST_WATCHES = 100
/** How often who watches is told what has changed, and how long one look at the services serves all who ask. */
const WATCH_EVERY_MS = 1_000
const FRESH_MS = 500

/** Codes of gRPC: google/rpc/code.proto. */
const CODES = { OK: 0, INVALID_ARGUMENT: 3, NOT_FOUND: 5, RESOURCE_EXHAUSTED: 8, UNIMPLEMENTED: 12, INTERNAL: 13 }

/**
 * Answers grpc.health.v1 for all services behind the gateway whose folder and administration port these are, by what Envoy
 * knows of them, as `/healthz` does: no service could say how another is, nor that it hangs itself. Without a library of
 * gRPC: it runs in the process that starts Envoy, which has no other use for one.
 */
export async function serveHealth(folder: string, adminPort: number): Promise<AsyncDisposable> {
  const names = JSON.parse(await readFile(path.join(folder, HEALTH_NAMES), 'utf8')) as HealthNames
  const health: Health = { names, serving: kept(() => readServing(adminPort)), watches: 0 }
  const server = createServer()
  server.on('session', (session) => session.on('error', () => session.destroy()))
  server.on('stream', (stream: ServerHttp2Stream, { ':path': asked = '' }) => void answer(stream, asked, health))
  const socket = shortest(path.join(folder, HEALTH_SOCKET))
  // One that was killed leaves its socket behind.
  await rm(socket, { force: true })
  server.listen(socket)
  await once(server, 'listening')
  await chmod(socket, 0o600)
  const sessions = new Set<{ destroy(): void }>()
  server.on('session', (session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
  })
  // The process that started this server ends when everything else has stopped.
  server.unref()
  return {
    async [Symbol.asyncDispose]() {
      server.close()
      for (const session of sessions) session.destroy()
      await rm(socket, { force: true })
    },
  }
}

type Health = { readonly names: HealthNames; readonly serving: () => Promise<Serving>; watches: number }

/** An address of a socket may have a hundred characters or so: from here it is often shorter than from the root. */
function shortest(file: string): string {
  const relative = path.relative(process.cwd(), file)
  return relative.length < file.length ? relative : file
}

/** The last look at the services, or a new one when it is too old; those who ask at the same time share it. */
function kept(read: () => Promise<Serving>): () => Promise<Serving> {
  let [last, at]: [Promise<Serving> | undefined, number] = [undefined, 0]
  return () => {
    if (last === undefined || Date.now() - at > FRESH_MS) [last, at] = [read(), Date.now()]
    return last
  }
}

async function answer(stream: ServerHttp2Stream, asked: string, health: Health): Promise<void> {
  const gone = new AbortController()
  stream.once('close', () => gone.abort()).on('error', () => gone.abort())
  try {
    if (asked === '/grpc.health.v1.Health/Check') await check(stream, health)
    else if (asked === '/grpc.health.v1.Health/Watch') await watch(stream, health, gone.signal)
    else throw new Refusal(CODES.UNIMPLEMENTED, 'There is no such method.')
  } catch (error) {
    if (gone.signal.aborted) return
    const { code, message } = error instanceof Refusal ? error : new Refusal(CODES.INTERNAL, 'The health is not known.')
    const status = { 'grpc-status': String(code), 'grpc-message': encodeURIComponent(message) }
    if (!stream.headersSent) stream.respond({ ...HEADERS, ...status }, { endStream: true })
    else stream.close()
  }
}

class Refusal extends Error {
  readonly code: number
  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

async function check(stream: ServerHttp2Stream, health: Health): Promise<void> {
  const name = await readName(stream)
  const status = await statusOf(name, health)
  if (status === 'SERVICE_UNKNOWN') throw new Refusal(CODES.NOT_FOUND, `There is no service "${name}".`)
  begin(stream)
  stream.end(await message(status))
}

async function watch(stream: ServerHttp2Stream, health: Health, gone: AbortSignal): Promise<void> {
  const name = await readName(stream)
  if (health.watches >= MOST_WATCHES)
    throw new Refusal(CODES.RESOURCE_EXHAUSTED, 'There are too many watches: repeat later.')
  health.watches += 1
  try {
    begin(stream)
    let last: Status | undefined
    while (!gone.aborted) {
      const status = await statusOf(name, health)
      // A watcher that does not read gets no more messages.
      if (status !== last && !stream.writableNeedDrain) {
        stream.write(await message(status))
        last = status
      }
      await setTimeout(WATCH_EVERY_MS, undefined, { signal: gone, ref: false }).catch(() => {})
    }
  } finally {
    health.watches -= 1
  }
}

type Status = 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN'

async function statusOf(name: string, { names, serving }: Health): Promise<Status> {
  const service = Object.hasOwn(names, name) ? names[name] : undefined
  if (service === undefined) return 'SERVICE_UNKNOWN'
  return (await serving())[service] ? 'SERVING' : 'NOT_SERVING'
}

const HEADERS = { ':status': 200, 'content-type': 'application/grpc' }

/** Begins an answer of messages, which ends with OK. */
function begin(stream: ServerHttp2Stream): void {
  stream.respond(HEADERS, { waitForTrailers: true })
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(CODES.OK) }))
}

/** The name in the one message of a request. */
async function readName(stream: ServerHttp2Stream): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  // Not destroyed by a refusal, which is to be sent on it.
  for await (const part of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += part.length
    if (size > LARGEST_REQUEST) throw new Refusal(CODES.RESOURCE_EXHAUSTED, 'The message is too long.')
    parts.push(part)
  }
  const body = Buffer.concat(parts)
  if (body.length < HEAD || body.readUInt8() !== 0 || body.readUInt32BE(1) !== body.length - HEAD)
    throw new Refusal(CODES.INVALID_ARGUMENT, 'The request must be one message, not compressed.')
  const { HealthCheckRequest } = await words()
  try {
    return HealthCheckRequest.decode(body.subarray(HEAD)).service
  } catch {
    throw new Refusal(CODES.INVALID_ARGUMENT, 'The message is not a HealthCheckRequest.')
  }
}

/** The prefix of a gRPC message: whether it is compressed, and its length. */
const HEAD = 5

async function message(status: Status): Promise<Buffer> {
  const { HealthCheckResponse, HealthCheckResponse_ServingStatus: values } = await words()
  const content = HealthCheckResponse.encode({ status: values[status] }).finish()
  const head = Buffer.alloc(HEAD)
  head.writeUInt32BE(content.length, 1)
  return Buffer.concat([head, content])
}

/** The protocol's messages, loaded for the first who asks. */
function words() {
  return import('@hotel/proto/grpc/health/v1/health')
}
