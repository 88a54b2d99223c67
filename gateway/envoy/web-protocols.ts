import type { Api } from '../api.ts'

/** Bytes that the gateway holds of an answer which it converts as a whole: a page of 500 is larger than a connection's buffer. */
export const LARGEST_ANSWER = 4_194_304

/** Name of the filter that recognises calls of gRPC-Web and Connect, and of the stream metadata in which it marks them. */
export const webFilter = 'hotel.web'

const grpcWebFilter = 'envoy.filters.http.grpc_web'
const connectFilter = 'envoy.filters.http.connect_grpc_bridge'
const webStatusFilter = 'hotel.web.status'

/** The names of the filters that only calls of gRPC-Web and Connect need. */
export const webFilterNames = [webFilter, grpcWebFilter, connectFilter, webStatusFilter]

/** Key in this metadata that every such call has. */
export const webKey = 'protocol'

/**
 * The filters that turn gRPC-Web and Connect into gRPC: Envoy's own, between two of ours that do what these leave undone.
 * They stand before everything that knows gRPC only, so that each rule for gRPC is one for these too.
 */
export function webFilters(lua: (name: string, filename: string) => object): object[] {
  return [
    lua(webFilter, 'web-protocols.lua'),
    { name: grpcWebFilter, typed_config: { '@type': `${extensions}.grpc_web.v3.GrpcWeb` } },
    {
      name: connectFilter,
      typed_config: { '@type': `${extensions}.connect_grpc_bridge.v3.FilterConfig` },
    },
    lua(webStatusFilter, 'web-status.lua'),
  ]
}

/**
 * Lets the answer to a unary call of Connect be as large as one that the transcoder turns into JSON: Envoy's filter for it
 * holds the whole of it. Stands behind the guard, which has seen by then that the request is small, and acts on `connectRoute` only.
 */
export function connectBuffer(): object {
  return { name: bufferFilter, disabled: true, typed_config: { '@type': `${extensions}.buffer.v3.Buffer`, ...largest } }
}

/** The first route of a unary call of Connect, that of the request as it came; its method's is found afterwards. */
export function connectRoute(): object {
  const regex = String.raw`(?i)\s*application/proto\s*(;.*)?`
  return {
    name: 'unknown',
    match: {
      safe_regex: { regex: String.raw`/\w+\.[\w.]+/\w+` },
      headers: [{ name: 'content-type', string_match: { safe_regex: { regex } } }],
    },
    direct_response: { status: 404 },
    typed_per_filter_config: {
      [bufferFilter]: { '@type': `${extensions}.buffer.v3.BufferPerRoute`, buffer: largest },
    },
  }
}

const bufferFilter = 'envoy.filters.http.buffer'
const largest = { max_request_bytes: LARGEST_ANSWER }
const extensions = 'type.googleapis.com/envoy.extensions.filters.http'

/** The data that web-protocols.lua decides on, as Lua source: the services, and the methods that stream. */
export function webTable(api: Api): string {
  const services = new Set(api.methods.map(({ desc }) => desc.parent.typeName))
  const streams = api.methods.filter(({ kind }) => kind === 'stream').map(({ path }) => path)
  const table = (names: Iterable<string>) => `{ ${[...names].map((name) => `["${name}"] = true`).join(', ')} }`
  return [
    `local services = ${table([...services, 'grpc.health.v1.Health'])}`,
    `local streams = ${table([...streams, ...streamsOfTheGateway])}\n`,
  ].join('\n')
}

const streamsOfTheGateway = [
  '/grpc.health.v1.Health/Watch',
  ...['v1', 'v1alpha'].map((version) => `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`),
]

/** Content types of a call of gRPC, by any of the protocols. */
export const callTypes = String.raw`application/(grpc(\+.*)?|grpc-web(-text)?(\+proto)?|(connect\+)?proto)`
