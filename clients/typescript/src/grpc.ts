import { type ClientMiddleware, Metadata } from 'nice-grpc'
import { ofFailure, ofGrpc, Refusal } from './refusal.ts'
import { type RepeatOptions, repeatsOf } from './repeat.ts'
import type { Tokens } from './token.ts'

/** The time of an attempt. The gateway gives up a call after 16 seconds. */
export const ATTEMPT_MS = 20_000

/**
 * Sends calls with a token, writes with an idempotency key, repeats what may be repeated and throws a Refusal. Streams
 * are begun once: watch() goes on after a break.
 */
export function calling(tokens: Tokens, options: RepeatOptions): ClientMiddleware {
  return async function* (call, { onTrailer, signal, ...rest }) {
    const repeats = repeatsOf(tokens, options)
    const isStream = call.requestStream || call.responseStream
    const metadata = Metadata(rest.metadata)
    if (!/\/(Get|List|Watch)\w+$/.test(call.method.path) && !metadata.has('idempotency-key'))
      metadata.set('idempotency-key', crypto.randomUUID())
    for (;;) {
      metadata.set('authorization', `Bearer ${await repeats.token()}`)
      let trailer = Metadata()
      const timeout = isStream ? undefined : AbortSignal.timeout(ATTEMPT_MS)
      const limits = [signal, timeout].filter((limit) => limit !== undefined)
      try {
        return yield* call.next(call.request, {
          ...rest,
          metadata,
          ...(limits.length > 0 && { signal: AbortSignal.any(limits) }),
          onTrailer(given) {
            trailer = given
            onTrailer?.(given)
          },
        })
      } catch (error) {
        if (signal?.aborted) throw error
        if (timeout?.aborted) await repeats.after(ofFailure(timeout.reason), signal)
        else {
          const said = ofGrpc(error, trailer.get('grpc-status-details-bin'), trailer.get('retry-after'))
          if (isStream) {
            if (said instanceof Refusal && said.code === 'UNAUTHENTICATED') tokens.forget()
            throw said
          }
          await repeats.after(said, signal)
        }
      }
    }
  }
}
