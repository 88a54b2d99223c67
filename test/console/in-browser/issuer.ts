import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** An issuer of OpenID Connect that signs in every user, and gives the token that it was given. */
export type OidcIssuer = AsyncDisposable & { readonly issuer: string }

/** Starts it. A code is good once, and only for who shows the verifier of its challenge (RFC 7636). */
export async function startOidcIssuer(token: () => string): Promise<OidcIssuer> {
  const challenges = new Map<string, string>()
  const server = createServer((from, to) => {
    answer(from, to).catch(() => to.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  async function answer(from: IncomingMessage, to: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(from.url ?? '/', issuer)
    if (pathname === '/.well-known/openid-configuration')
      return send(to, 200, { issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` })
    if (pathname === '/authorize') {
      const code = randomUUID()
      challenges.set(code, searchParams.get('code_challenge') ?? '')
      const back = new URL(searchParams.get('redirect_uri') ?? '')
      back.search = new URLSearchParams({ code, state: searchParams.get('state') ?? '' }).toString()
      to.writeHead(302, { location: back.href }).end()
      return
    }
    const form = new URLSearchParams(await text(from))
    const code = form.get('code') ?? ''
    const shown = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    const good = challenges.get(code) === shown && shown !== ''
    challenges.delete(code)
    send(to, good ? 200 : 400, good ? { access_token: token(), token_type: 'Bearer' } : { error: 'invalid_grant' })
  }
  return {
    issuer,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function send(to: ServerResponse, status: number, body: object): void {
  to.writeHead(status, { 'content-type': 'application/json', 'access-control-allow-origin': '*' }).end(
    JSON.stringify(body),
  )
}
