import type { ServerInterceptor } from '@grpc/grpc-js'
import { currentCall } from '../../call/call.ts'
import { unavailable } from '../../errors/refusal-of.ts'
import { asIs, receiving } from '../../library-patches/grpc-js/interception.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import { crowd } from './crowd.ts'

/**
 * Fewer calls under way than the least are no crowd, whatever they wait for: a hotel with a lock, a slow statement, a caller that
 * reads slowly. More than the most would cost too much memory.
 */
const LIMITS = { least: 600, waitMs: 1_000, burstMs: 500, most: 4_096 }

/** What the services ask one another on behalf of calls that were let in, and of nobody: to refuse it would waste what was done. */
const WITHIN = /^\/hotel\.(feed\.|transfer\.|reservations\.v1\.RetirementService)/

/**
 * Refuses calls, with the time after which to come again, while others that came before will keep the process busy for longer
 * than a caller likes to wait. Without it all would wait, for longer and longer, until each is answered after its caller has
 * gone: then nothing that is done is of use to anybody. Comes before what costs: a refusal must be cheaper than an answer.
 */
export function shedding(
  needsToken: (path: string) => boolean,
  { writesWaiting }: Pick<Metrics, 'writesWaiting'>,
): ServerInterceptor {
  const calls = crowd(LIMITS)
  return ({ path, requestStream, responseStream }, call) => {
    if (requestStream || responseStream || !needsToken(path) || WITHIN.test(path)) return asIs(call)
    let isInside = false
    const leave = () => {
      if (isInside) calls.leave()
      isInside = false
    }
    // Not when the answer has been read: a caller that reads slowly keeps nobody out.
    const send = call.sendStatus.bind(call)
    call.sendStatus = (status) => {
      leave()
      send(status)
    }
    return receiving(call, (next) => ({
      onReceiveMetadata(metadata) {
        isInside = calls.enter(writesWaiting())
        if (isInside) return next.onReceiveMetadata(metadata)
        const current = currentCall()
        if (current === undefined) throw new Error('the server has no observer of calls')
        current.refusal = crowded
        call.sendStatus({ code: crowded.code, details: crowded.details })
      },
      onReceiveMessage: (message) => next.onReceiveMessage(message),
      onReceiveHalfClose: () => next.onReceiveHalfClose(),
      // Comes after every end, also of a call that grpc-js ends by itself.
      onCancel() {
        leave()
        next.onCancel()
      },
    }))
  }
}

const crowded = unavailable('the service has more to do than it can do soon: repeat after a second')
