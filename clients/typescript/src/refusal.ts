import { ClientError, Status as Code } from 'nice-grpc-common'
import { BadRequest, ErrorInfo, PreconditionFailure, RetryInfo } from './gen/google/rpc/error_details.ts'
import { Status } from './gen/google/rpc/status.ts'
import { type Alternative, Alternatives } from './gen/hotel/reservations/v1/alternatives.ts'

/** What the API says instead of an answer, whichever door it was asked at. Decide on `code` and `reason`; the message is for people. */
export class Refusal extends Error {
  /** Name of the code of gRPC, as FAILED_PRECONDITION. */
  readonly code: keyof typeof Code
  /** One of the suite's `ErrorReason`; empty where no answer of the suite came. More come with time. */
  readonly reason: string
  /** The values that the reason documents. */
  readonly metadata: Readonly<Record<string, string>>
  /** The wrong fields of INVALID_FIELD, each with its remedy. */
  readonly fields: readonly { readonly field: string; readonly description: string }[]
  /** What is in the way: of ROOM_NOT_AVAILABLE the rooms (`subject`) with their nights and by what (`type`). */
  readonly conflicts: readonly { readonly type: string; readonly subject: string; readonly description: string }[]
  /** What would succeed instead of a booking that was refused; nothing of it is held. */
  readonly alternatives: readonly Alternative[]
  /** How long to wait before a repeat, if it is said. */
  readonly retryAfterMs: number | undefined

  constructor(message: string, said: Partial<Said> & { readonly code: keyof typeof Code; readonly cause?: unknown }) {
    super(message, { cause: said.cause })
    this.name = 'Refusal'
    this.code = said.code
    this.reason = said.reason ?? ''
    this.metadata = said.metadata ?? {}
    this.fields = said.fields ?? []
    this.conflicts = said.conflicts ?? []
    this.alternatives = said.alternatives ?? []
    this.retryAfterMs = said.retryAfterMs
  }
}

type Said = Pick<Refusal, 'reason' | 'metadata' | 'fields' | 'conflicts' | 'alternatives' | 'retryAfterMs'>

/** The refusal in an error of gRPC; `details` is the trailer `grpc-status-details-bin`, `retryAfter` that of this name. */
export function ofGrpc(error: unknown, details?: Uint8Array, retryAfter?: string): unknown {
  if (!(error instanceof ClientError)) return error
  const said: Partial<Said>[] = [{ retryAfterMs: seconds(retryAfter) }]
  for (const { type_url, value } of details === undefined ? [] : Status.decode(details).details)
    said.push(readers[type_url.split('/').at(-1) ?? '']?.(value) ?? {})
  return new Refusal(error.details, { ...merged(said), code: Code[error.code] as keyof typeof Code, cause: error })
}

const readers: Readonly<Record<string, (value: Uint8Array) => Partial<Said>>> = {
  'google.rpc.ErrorInfo': (value) => {
    const { reason, metadata } = ErrorInfo.decode(value)
    return { reason, metadata }
  },
  'google.rpc.BadRequest': (value) => ({
    fields: BadRequest.decode(value).field_violations.map(({ field, description }) => ({ field, description })),
  }),
  'google.rpc.PreconditionFailure': (value) => ({ conflicts: PreconditionFailure.decode(value).violations }),
  'google.rpc.RetryInfo': (value) => {
    const { seconds = 0n, nanos = 0 } = RetryInfo.decode(value).retry_delay ?? {}
    return { retryAfterMs: Number(seconds) * 1_000 + nanos / 1e6 }
  },
  'hotel.reservations.v1.Alternatives': (value) => ({ alternatives: Alternatives.decode(value).alternatives }),
}

/** The refusal in an answer of REST: a google.rpc.Status in JSON, or what a proxy on the way made of it. */
export async function ofResponse(response: Response): Promise<Refusal> {
  const status = (await response.json().catch(() => ({}))) as { code?: number; message?: string; details?: Detail[] }
  const said = (status.details ?? []).map(
    ({ reason, metadata, field_violations, violations, retry_delay, alternatives }): Partial<Said> => ({
      ...(reason !== undefined && { reason, metadata: metadata ?? {} }),
      ...(field_violations && {
        fields: field_violations.map(({ field, description }) => ({ field, description })),
      }),
      ...(violations && { conflicts: violations }),
      ...(retry_delay && { retryAfterMs: seconds(retry_delay.replace('s', '')) }),
      ...(alternatives && { alternatives }),
    }),
  )
  const after = { retryAfterMs: seconds(response.headers.get('retry-after') ?? undefined) }
  const code = Code[status.code ?? codes[response.status] ?? Code.UNKNOWN] as keyof typeof Code
  return new Refusal(status.message ?? `HTTP ${response.status}`, { ...merged([after, ...said]), code })
}

/** The refusal in what `fetch` throws: no answer came. What the caller aborts stays as it is. */
export function ofFailure(error: unknown): unknown {
  const { name } = error as Error
  if (name === 'AbortError' || error instanceof Refusal) return error
  const code = name === 'TimeoutError' ? 'DEADLINE_EXCEEDED' : 'UNAVAILABLE'
  return new Refusal(`No answer came: ${(error as Error).message}`, { code, cause: error })
}

type Detail = {
  readonly reason?: string
  readonly metadata?: Record<string, string>
  readonly field_violations?: Refusal['fields']
  readonly violations?: Refusal['conflicts']
  readonly retry_delay?: string
  readonly alternatives?: Alternative[]
}

/** Codes of answers that are none of the suite's. */
const codes: Readonly<Record<number, Code>> = {
  401: Code.UNAUTHENTICATED,
  429: Code.RESOURCE_EXHAUSTED,
  502: Code.UNAVAILABLE,
  503: Code.UNAVAILABLE,
  504: Code.DEADLINE_EXCEEDED,
}

function seconds(text: string | undefined): number | undefined {
  const value = text === undefined || text === '' ? Number.NaN : Number(text)
  return Number.isNaN(value) ? undefined : value * 1_000
}

/** Later ones come before earlier ones, where they say something. */
function merged(parts: readonly Partial<Said>[]): Partial<Said> {
  const entries = parts.flatMap((part) => Object.entries(part)).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries)
}
