import { type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2'

/** The name under which a process is SERVING for as long as it answers, whatever becomes of what it depends on. */
export const LIVE = 'live'

/** Of grpc.health.v1: the path of its check, and its request without a name, with the five bytes before each message. */
const CHECK = '/grpc.health.v1.Health/Check'
const REQUEST = Buffer.alloc(5)
/** The answer SERVING: the field `status`, 1. */
const SERVING = Buffer.from([0, 0, 0, 0, 2, 8, 1])

/**
 * Throws unless the service at this `host:port` says that it is ready. It is asked without a library of gRPC: those who ask
 * are the process that starts the suite and the health check of a container, which have no other use for one.
 */
export async function assertServing(address: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const session = connect(`http://${address}`)
  let failure: Error | undefined
  session.on('error', (error) => (failure = error))
  const giveUp = () => session.destroy()
  signal.addEventListener('abort', giveUp)
  try {
    const answer = await ask(session.request(REQUEST_HEADERS))
    if (!answer.equals(SERVING)) throw new Error('not serving yet')
  } catch (error) {
    signal.throwIfAborted()
    throw failure ?? error
  } finally {
    signal.removeEventListener('abort', giveUp)
    session.destroy()
  }
}

const REQUEST_HEADERS = { ':method': 'POST', ':path': CHECK, 'content-type': 'application/grpc', te: 'trailers' }

/** Sends the request, and gives the bytes of the answer; throws for any other status than OK. */
async function ask(stream: ClientHttp2Stream): Promise<Buffer> {
  let trailers: IncomingHttpHeaders = {}
  stream.on('response', (headers) => (trailers = headers)).on('trailers', (headers) => (trailers = headers))
  stream.end(REQUEST)
  const parts: Buffer[] = []
  for await (const part of stream) parts.push(part as Buffer)
  if (trailers['grpc-status'] !== '0') throw new Error(`its health check failed (status ${trailers['grpc-status']})`)
  return Buffer.concat(parts)
}
