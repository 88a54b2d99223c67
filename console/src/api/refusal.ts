import { messages } from '../messages/index.ts'

/** Rooms and dates that would succeed instead of what was refused. */
export type Alternative = { readonly rooms: readonly string[]; readonly in_date: string; readonly out_date: string }

type Detail = {
  readonly '@type': string
  readonly reason?: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly field_violations?: readonly { readonly field: string; readonly description: string }[]
  readonly violations?: readonly { readonly description: string }[]
  readonly alternatives?: readonly Alternative[]
}

/** What the API answers instead of success: a `google.rpc.Status` in JSON. */
export type Status = { readonly code: number; readonly message: string; readonly details?: readonly Detail[] }

/** A call that was refused, with what the answer says of it. */
export class Refusal extends Error {
  readonly status: number
  /** The documented reason, as `ROOM_NOT_AVAILABLE`; empty when there is none. */
  readonly reason: string
  readonly metadata: Readonly<Record<string, string>>
  /** What is wrong with which field of the request. */
  readonly fields: Readonly<Record<string, string>>
  readonly alternatives: readonly Alternative[]
  /** Seconds until the call may be repeated. */
  readonly retryAfter: number | undefined

  constructor(status: number, body: Partial<Status> | undefined, retryAfter?: number) {
    super(body?.message || messages.errors.status(status))
    const details = body?.details ?? []
    const info = details.find((detail) => detail['@type'].endsWith('/google.rpc.ErrorInfo'))
    this.status = status
    this.reason = info?.reason ?? ''
    this.metadata = info?.metadata ?? {}
    this.fields = Object.fromEntries(
      details.flatMap((detail) => detail.field_violations ?? []).map(({ field, description }) => [field, description]),
    )
    this.alternatives = details.flatMap((detail) => detail.alternatives ?? [])
    this.retryAfter = retryAfter
  }
}

/** No answer came: the gateway is away, or the network. */
export class NoAnswer extends Error {}

/** A sentence for a person about anything that was thrown. */
export function sentenceOf(error: unknown): string {
  if (error instanceof NoAnswer) return messages.errors.noAnswer
  return error instanceof Error ? error.message : String(error)
}
