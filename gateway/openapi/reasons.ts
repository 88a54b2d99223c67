import { type Api, type ApiMethod, hasField } from '../api.ts'
import type { comments } from './comments.ts'

type Texts = ReturnType<typeof comments>

/** Why a request is refused or fails: a value of hotel.errors.v1.ErrorReason with what its comment says. */
export type Reason = {
  readonly name: string
  readonly text: string
  readonly http: number
  /** Of `google.rpc.Code`. */
  readonly code: number
  /** Keys of the metadata that come with it. */
  readonly metadata: readonly string[]
}

/** Codes of gRPC with the HTTP status that the transcoder gives them: google/rpc/code.proto. */
const codes: Readonly<Record<string, readonly [code: number, http: number]>> = {
  INVALID_ARGUMENT: [3, 400],
  DEADLINE_EXCEEDED: [4, 504],
  NOT_FOUND: [5, 404],
  ALREADY_EXISTS: [6, 409],
  PERMISSION_DENIED: [7, 403],
  RESOURCE_EXHAUSTED: [8, 429],
  FAILED_PRECONDITION: [9, 400],
  ABORTED: [10, 409],
  OUT_OF_RANGE: [11, 400],
  UNIMPLEMENTED: [12, 501],
  INTERNAL: [13, 500],
  UNAVAILABLE: [14, 503],
  UNAUTHENTICATED: [16, 401],
}

/**
 * Reads all reasons, by name, from the comments of their enum: `CODE (HTTP 405): what it means. Metadata: ...`, with the
 * HTTP status where it is not the code's own. Throws for a comment of another form.
 */
export function reasonsOf(api: Api, texts: Texts): ReadonlyMap<string, Reason> {
  const values = api.registry.getEnum('hotel.errors.v1.ErrorReason')?.values.filter((value) => value.number !== 0) ?? []
  return new Map(
    values.map((value) => {
      const comment = (texts.get(value.proto) ?? '').replaceAll('\n', ' ')
      const [, word = '', status, rest = ''] = /^([A-Z_]+)(?: \(HTTP (\d+)\))?: (.*)$/.exec(comment) ?? []
      const known = codes[word]
      if (known === undefined) throw new Error(`the comment of ${value.name} does not begin with its code and a colon`)
      const [, text = rest, listed = ''] = /^(.*?)(?: Metadata: (.*))?$/.exec(rest) ?? []
      const metadata = [...listed.matchAll(/`(\w+)`/g)].map(([, key]) => key ?? '')
      return [value.name, { name: value.name, text, http: Number(status ?? known[1]), code: known[0], metadata }]
    }),
  )
}

/**
 * Names of the reasons for which a service may refuse a method: those of its kind, and those that its comment names in
 * backticks, or the comment of the method that it is "Otherwise as".
 */
export function reasonsOfMethod(method: ApiMethod, api: Api, texts: Texts): string[] {
  const { desc, http, kind } = method
  const comment = texts.get(desc.proto) ?? ''
  const [, other] = /\bOtherwise as\s+(\w+)/.exec(comment) ?? []
  const like = api.methods.find(({ desc: { name, parent } }) => parent === desc.parent && name === other)
  const names = [
    'INVALID_FIELD',
    ...(hasField(desc.input, 'page_token') ? ['PAGE_TOKEN_INVALID'] : []),
    ...(http?.variables.length ? ['RESOURCE_NOT_FOUND'] : []),
    ...(kind === 'write' ? ['IDEMPOTENCY_KEY_REUSED'] : []),
    ...(kind === 'write' && ['etag', 'etags'].some((name) => hasField(desc.input, name)) ? ['ETAG_MISMATCH'] : []),
    ...[...comment.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name ?? ''),
    ...(like ? reasonsOfMethod(like, api, texts) : []),
  ]
  return [...new Set(names)]
}
