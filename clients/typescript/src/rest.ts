import createClient, { type Client } from 'openapi-fetch'
import type { paths } from './gen/openapi.ts'
import { ATTEMPT_MS } from './grpc.ts'
import { ofFailure, ofResponse } from './refusal.ts'
import { type RepeatOptions, repeatsOf } from './repeat.ts'
import type { Tokens } from './token.ts'

/** The paths of the API over REST, typed. A call gives `data`, or throws a Refusal. */
export type RestClient = Client<paths>

/** A client of openapi-fetch whose requests are sent as those over gRPC are. */
export function restClient(url: string, tokens: Tokens, options: RepeatOptions): RestClient {
  const send = async (request: Request): Promise<Response> => {
    const repeats = repeatsOf(tokens, options)
    const isStream = new URL(request.url).pathname.endsWith(':watch')
    if (request.method !== 'GET' && !request.headers.has('idempotency-key'))
      request.headers.set('idempotency-key', crypto.randomUUID())
    for (;;) {
      request.headers.set('authorization', `Bearer ${await repeats.token()}`)
      const limits = [request.signal, ...(isStream ? [] : [AbortSignal.timeout(ATTEMPT_MS)])]
      try {
        const response = await fetch(request.clone(), { signal: AbortSignal.any(limits) })
        if (response.ok || response.status === 304) return response
        throw await ofResponse(response)
      } catch (error) {
        await repeats.after(ofFailure(error), request.signal)
      }
    }
  }
  return createClient<paths>({ baseUrl: url.replace(/\/$/, ''), fetch: send })
}
