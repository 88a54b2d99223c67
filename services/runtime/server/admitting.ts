import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js'
import type { Access } from '../access/access.ts'
import { Refusal } from '../resource/refusal.ts'
import { fault } from './adapter.ts'
import { currentCall } from './call.ts'
import { statusOf } from './own-status.ts'

/**
 * Asks for a call's token, and notes whom it names, before anything of its message is read: grpc-js reads, decompresses
 * and decodes on behalf of whoever comes, and would do so before any middleware runs. Needs the observer before it.
 */
export function admitting(access: Pick<Access, 'admit'>, needsToken: (path: string) => boolean): ServerInterceptor {
  return ({ path }, call) => {
    if (!needsToken(path)) return new ServerInterceptingCall(call)
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata(metadata, nextMetadata) {
            const current = currentCall()
            if (current === undefined) throw new Error('the server has no observer of calls')
            access.admit(path, metadata.get('authorization')).then(
              ({ caller, expires }) => {
                current.caller = caller
                current.actor = caller.subject
                current.expires = expires
                nextMetadata(metadata)
              },
              (error: unknown) => {
                const refusal = error instanceof Refusal ? error : fault(current.requestId)
                if (refusal !== error) current.failure = error
                current.reason = refusal.reason
                call.sendStatus(statusOf(refusal))
              },
            )
          },
          onReceiveMessage: (message, nextMessage) => nextMessage(message),
          onReceiveHalfClose: (nextHalfClose) => nextHalfClose(),
          onCancel: () => undefined,
        }),
    })
  }
}
