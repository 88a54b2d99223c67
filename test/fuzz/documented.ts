import { readFileSync } from 'node:fs'
import { createFileRegistry, type DescMethod, fromBinary } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import type { Metadata } from '@grpc/grpc-js'
import { type ApiMethod, readApi } from '@hotel/gateway/api'
import { comments } from '@hotel/gateway/openapi/comments'
import { reasonsOf, reasonsOfMethod } from '@hotel/gateway/openapi/reasons'
import { Status as StatusMessage } from '@hotel/proto/google/rpc/status'
import { type ServiceName, serviceNames } from '@hotel/stack/service-names'
import { Status } from 'nice-grpc'
import { ErrorInfo } from 'nice-grpc-error-details'

/** A method of the suite with what its comment documents. */
export type Documented = {
  readonly desc: DescMethod
  readonly path: string
  /** Which services answer it: those of the suite's own kinds are answered by several. */
  readonly services: readonly ServiceName[]
  /** Whether the gateway routes it. */
  readonly isPublic: boolean
  /** Reasons with which a service may refuse it. */
  readonly reasons: ReadonlySet<string>
  /** Codes that its comment names. */
  readonly codes: ReadonlySet<string>
}

const descriptors = readFileSync(new URL(import.meta.resolve('@hotel/proto/api.binpb')))
const api = readApi(descriptors)
const texts = comments(api.descriptors)
const reasons = reasonsOf(api, texts)
const hidden = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptors))

/** For which any call of any method may be refused: its token, and its size. */
const ofEveryCall = ['UNAUTHENTICATED', 'PERMISSION_DENIED', 'BODY_TOO_LARGE']

/** Every method of the suite. */
export const methods: readonly Documented[] = [...hidden].flatMap((type) =>
  type.kind === 'service' && type.typeName.startsWith('hotel.') ? type.methods.map(documented) : [],
)

function documented(desc: DescMethod): Documented {
  const path = `/${desc.parent.typeName}/${desc.name}`
  const known = api.methods.find((method) => method.path === path)
  const own = api.registry.getService(desc.parent.typeName)?.methods.find(({ name }) => name === desc.name) ?? desc
  const method: ApiMethod = known ?? { desc: own, path, kind: 'read', service: 'guests', scope: '', cost: 1 }
  const owner = serviceNames.find((name) => path.startsWith(`/hotel.${name}.`))
  return {
    desc,
    path,
    services: owner === undefined ? serviceNames : [owner],
    isPublic: known !== undefined,
    reasons: new Set([...ofEveryCall, ...reasonsOfMethod(method, api, texts)]),
    codes: new Set([...(texts.get(own.proto) ?? '').matchAll(/\b[A-Z]{2,}(?:_[A-Z]+)*\b/g)].map(([word]) => word)),
  }
}

/** What of a service's refusal is not as it is documented; nothing when all is. */
export function undocumented(method: Documented, code: number, metadata: Metadata): string | undefined {
  const [details] = metadata.get('grpc-status-details-bin')
  const info = details instanceof Buffer ? infoOf(details) : undefined
  if (info === undefined) return method.codes.has(Status[code] ?? '') ? undefined : 'no reason is given'
  const reason = reasons.get(info.reason)
  if (info.domain !== 'hotel' || reason === undefined) return `${info.domain} ${info.reason} is no reason`
  if (reason.code !== code) return `${info.reason} is not of this code`
  return method.reasons.has(info.reason) || method.codes.has(Status[code] ?? '')
    ? undefined
    : `the method does not document ${info.reason}`
}

function infoOf(details: Buffer): ErrorInfo | undefined {
  const any = StatusMessage.decode(details).details.find(({ type_url }) => type_url.endsWith('/google.rpc.ErrorInfo'))
  return any && ErrorInfo.decode(any.value)
}
