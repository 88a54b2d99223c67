import { ClientError, Status } from 'nice-grpc'
import { RichClientError } from 'nice-grpc-error-details'
import type { Json, Outcome, Refused } from '../history/evidence.ts'

/** Codes after which nobody knows whether a call had an effect. */
const UNKNOWN: ReadonlySet<string> = new Set(['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CANCELLED'])

type Detail = { readonly kind: string; readonly detail: Json }

/** How a call over gRPC failed. */
export function failureOfGrpc(error: unknown): Outcome {
  if (!(error instanceof ClientError)) {
    // nice-grpc's middleware ends a call that is late so.
    if ((error as Error).name === 'AbortError' || (error as Error).name === 'TimeoutError')
      return unknown('DEADLINE_EXCEEDED')
    throw error
  }
  // An answer that is cut in the middle can only be reset, which grpc-js calls INTERNAL.
  if (error.details.startsWith('Received RST_STREAM')) return unknown('UNAVAILABLE', error.details)
  const code = Status[error.code] ?? String(error.code)
  const extra = error instanceof RichClientError ? error.extra : []
  return failure(
    code,
    extra.map((detail) => ({ kind: (detail as { $type: string }).$type, detail })),
    error.details,
  )
}

/** How a call over REST failed: by its answer. */
export function failureOfRest(status: number, body: Json): Outcome {
  if (body === undefined || typeof body.code !== 'number') return failure(`HTTP ${status} without an error`, [], '')
  const details = (body.details ?? []) as Json[]
  return failure(
    Status[body.code] ?? String(body.code),
    details.map((detail) => ({ kind: String(detail['@type']).replace('type.googleapis.com/', ''), detail })),
    String(body.message),
  )
}

function failure(code: string, details: readonly Detail[], message: string): Outcome {
  const of = (kind: string) => details.find((each) => each.kind === `google.rpc.${kind}`)?.detail
  const info = of('ErrorInfo')
  if (UNKNOWN.has(code)) return unknown(code, message)
  const refused: Refused = {
    code,
    reason: info?.reason ?? `none: ${message}`,
    metadata: { ...info?.metadata },
    violations: (of('PreconditionFailure')?.violations ?? []).map(({ type, subject, description }: Json) => ({
      type,
      subject,
      description,
    })),
    fields: (of('BadRequest')?.field_violations ?? of('BadRequest')?.fieldViolations ?? []).map(
      ({ field }: Json) => field,
    ),
  }
  return { is: 'refused', ...refused }
}

/** An outcome that nobody knows. */
export function unknown(code: string, message = ''): Outcome {
  return { is: 'unknown', code, message }
}
