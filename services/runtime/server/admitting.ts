import type { Metadata, ServerInterceptingCallInterface, ServerInterceptor } from '@grpc/grpc-js'
import type { Access } from '../access/access.ts'
import type { Token } from '../access/tokens/token.ts'
import { type Call, currentCall } from '../call/call.ts'
import { Refusal } from '../errors/refusal.ts'
import { fault } from '../errors/refusal-of.ts'
import { asIs, type Listener, receiving } from '../library-patches/grpc-js/interception.ts'

/**
 * Asks for a call's token, and notes whom it names, before anything of its message is read: grpc-js reads, decompresses
 * and decodes on behalf of whoever comes, and would do so before any middleware runs. Needs the observer before it.
 */
export function admitting(access: Pick<Access, 'admit'>, needsToken: (path: string) => boolean): ServerInterceptor {
  return ({ path }, call) =>
    needsToken(path) ? receiving(call, (next) => admitted(access, path, call, next)) : asIs(call)
}

function admitted(
  access: Pick<Access, 'admit'>,
  path: string,
  call: ServerInterceptingCallInterface,
  next: Listener,
): Listener {
  let isOver = false
  return {
    onReceiveMetadata(metadata: Metadata) {
      const current = currentCall()
      if (current === undefined) throw new Error('the server has no observer of calls')
      access.admit(path, metadata.get('authorization')).then(
        (token) => {
          noteToken(current, token)
          if (!isOver) next.onReceiveMetadata(metadata)
        },
        (error: unknown) => {
          const refusal = error instanceof Refusal ? error : fault(current.requestId)
          if (refusal !== error) current.failure = error
          current.refusal = refusal
          call.sendStatus({ code: refusal.code, details: refusal.details })
        },
      )
    },
    // Nothing else comes before the handler asks for it.
    onReceiveMessage: (message) => next.onReceiveMessage(message),
    onReceiveHalfClose: () => next.onReceiveHalfClose(),
    onCancel() {
      isOver = true
      next.onCancel()
    },
  }
}

function noteToken(current: Call, { caller, expires }: Token): void {
  current.caller = caller
  current.actor = caller.subject
  current.expires = expires
}
