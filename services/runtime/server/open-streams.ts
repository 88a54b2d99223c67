import { Status } from 'nice-grpc'
import { Refusal } from '../errors/refusal.ts'

/** Streams of one method that nobody needs a token for, at once in this process. */
const MOST = 100

/** Counts the open streams of a method. Throws TOO_MANY_WATCHES when there are as many as it has. */
export function openStreams(): { take(): Disposable } {
  let open = 0
  return {
    take() {
      if (open >= MOST) {
        const message = `the service has ${MOST} such streams already: repeat later`
        throw new Refusal(Status.RESOURCE_EXHAUSTED, 'TOO_MANY_WATCHES', message, {
          limit: String(MOST),
          of: 'SERVICE',
        })
      }
      open += 1
      return {
        [Symbol.dispose]() {
          open -= 1
        },
      }
    },
  }
}
