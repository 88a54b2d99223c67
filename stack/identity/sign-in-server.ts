import { once } from 'node:events'
import { chmod, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import path from 'node:path'
import { SIGN_IN_SOCKET } from '@hotel/gateway/console/sign-in'
import type { Issuer } from './issuer.ts'
import { clientScopes } from './scopes.ts'
import { CODE_MINUTES, redeemCode } from './sign-in-codes.ts'

/** How long the token is good that `npm start` prints, and the one that a link gives. */
export const TOKEN_HOURS = 24

const LARGEST_BODY = 1_024
const REMEDY = '`npm run -s console-link` prints a new link'

/**
 * Answers the console of this gateway folder: for the code of a link, once, a token of the development issuer. It stands
 * behind a route of the gateway, in the process that starts the suite.
 */
export async function serveSignIn(folder: string, issuer: Issuer): Promise<AsyncDisposable> {
  const server = createServer((request, response) => {
    answer(request, issuer).then(
      (given) => send(response, given),
      () => send(response, refusal(500, 13, 'INTERNAL', 'The sign-in failed. Repeat it.')),
    )
  })
  const socket = shortest(path.join(folder, SIGN_IN_SOCKET))
  // One that was killed leaves its socket behind.
  await rm(socket, { force: true })
  server.listen(socket)
  await once(server, 'listening')
  await chmod(socket, 0o600)
  server.unref()
  return {
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await rm(socket, { force: true })
    },
  }
}

/** What the printed token, and that of a link, are of: everything that a client may do, in every hotel. */
export function developerToken(issuer: Issuer): Promise<string> {
  return issuer.mint({
    subject: 'developer',
    scopes: clientScopes,
    hotels: ['*'],
    tier: 'desk',
    ttlSeconds: TOKEN_HOURS * 3_600,
  })
}

type Answer = { readonly status: number; readonly body: object }

async function answer(request: IncomingMessage, issuer: Issuer): Promise<Answer> {
  // A page of another origin is refused here, also where CORS_ORIGINS lets it call the API.
  const { origin, host } = request.headers
  if (origin !== undefined && URL.parse(origin)?.host !== host)
    return refusal(403, 7, 'PERMISSION_DENIED', 'A sign-in must come from the console itself.')
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? ''))
    return refusal(415, 3, 'INVALID_FIELD', 'The body must be application/json.')
  const code = await readCode(request)
  if (code === undefined)
    return refusal(400, 3, 'INVALID_FIELD', 'Invalid request: code must be the code of a link, such as {"code": "…"}.')
  if (!(await redeemCode(issuer.folder, code, Date.now())))
    return refusal(
      401,
      16,
      'UNAUTHENTICATED',
      `The code is used, older than ${CODE_MINUTES} minutes, or unknown: ${REMEDY}.`,
    )
  const expires = new Date(Date.now() + TOKEN_HOURS * 3_600_000)
  return { status: 200, body: { token: await developerToken(issuer), expires_at: expires.toISOString() } }
}

/** The code in the body, if it is one object with nothing else. */
async function readCode(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length
    if (size > LARGEST_BODY) return undefined
    parts.push(part)
  }
  try {
    const { code, ...rest } = JSON.parse(Buffer.concat(parts).toString()) as { code?: unknown }
    return typeof code === 'string' && Object.keys(rest).length === 0 ? code : undefined
  } catch {
    return undefined
  }
}

/** As every error of the suite: `google.rpc.Status`. */
function refusal(status: number, code: number, reason: string, message: string): Answer {
  const violations = [{ field: 'code', description: 'must be the code of a link' }]
  const field = { '@type': 'type.googleapis.com/google.rpc.BadRequest', field_violations: violations }
  const info = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'hotel', metadata: {} }
  return { status, body: { code, message, details: status === 400 ? [info, field] : [info] } }
}

function send(response: ServerResponse, { status, body }: Answer): void {
  const challenge = status === 401 ? { 'www-authenticate': 'Bearer' } : {}
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store', ...challenge }
  response.writeHead(status, headers).end(JSON.stringify(body))
}

/** An address of a socket may have a hundred characters or so: from here it is often shorter than from the root. */
function shortest(file: string): string {
  const relative = path.relative(process.cwd(), file)
  return relative.length < file.length ? relative : file
}
