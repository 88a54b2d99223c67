import { readFileSync } from 'node:fs'
import { createFileRegistry, type DescMessage, type DescService, fromBinary } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import {
  type CallOptions,
  Code,
  ConnectError,
  createClient,
  type Interceptor,
  type Transport,
} from '@connectrpc/connect'
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web'

/** What pages of browsers call by. */
export const protocols = ['gRPC-Web', 'Connect'] as const
export type Protocol = (typeof protocols)[number]

/** The address of a gateway, as `127.0.0.1:8000`, and whose token a client calls with. */
export type Caller = { readonly address: string; readonly token?: string | undefined }

const registry = createFileRegistry(
  fromBinary(FileDescriptorSetSchema, readFileSync(new URL(import.meta.resolve('@hotel/proto/api.binpb')))),
)

// biome-ignore lint/suspicious/noExplicitAny: clients of descriptors that are read at run time have no static types.
type Answers = Promise<any> & AsyncIterable<any>
type WebClient = (method: string, request: object, options?: CallOptions) => Answers

/** A client of connect-web, as a page has it, for a service by its full name. */
export function webClient(service: string, caller: Caller, protocol: Protocol): WebClient {
  return clientOver(service, webTransport(caller, protocol))
}

/** The same over another transport. */
export function clientOver(service: string, transport: Transport): WebClient {
  const client = createClient(serviceOf(service), transport) as unknown as Record<string, WebMethod>
  return (name, request, options) => {
    const method = client[name]
    if (method === undefined) throw new Error(`${service} has no method ${name}`)
    return method(request, options)
  }
}

type WebMethod = (request: object, options?: CallOptions) => Answers

/** The methods of a service, as a client spells them. */
export function methodsOf(service: string): string[] {
  return serviceOf(service).methods.map(({ localName }) => localName)
}

function serviceOf(name: string): DescService {
  const desc = registry.getService(name)
  if (desc === undefined) throw new Error(`there is no service ${name}`)
  return desc
}

/** A transport of connect-web. */
export function webTransport({ address, token }: Caller, protocol: Protocol): Transport {
  const baseUrl = `http://${address}`
  const interceptors: Interceptor[] = [withToken(token)]
  return protocol === 'Connect'
    ? createConnectTransport({ baseUrl, useBinaryFormat: true, interceptors })
    : createGrpcWebTransport({ baseUrl, interceptors })
}

/** Sends the token with every call. */
export function withToken(token: string | undefined): Interceptor {
  return (next) => (request) => {
    if (token !== undefined) request.header.set('authorization', `Bearer ${token}`)
    return next(request)
  }
}

/** How a call ended, as a client reads it: the code's name as gRPC spells it, with what the details say. */
export type Ended = {
  readonly code: string
  readonly message: string
  readonly reason?: string
  readonly metadata?: Record<string, string>
  readonly fields?: readonly string[]
  readonly retryAfter?: string | null
}

/** Waits for the end of a call; of a stream until its first answer. */
export async function ended(call: Answers): Promise<Ended> {
  try {
    if (Symbol.asyncIterator in call) for await (const _ of call) break
    else await call
    return { code: 'OK', message: 'OK' }
  } catch (error) {
    return endOf(ConnectError.from(error))
  }
}

function endOf(error: ConnectError): Ended {
  const [info] = error.findDetails(messageOf('google.rpc.ErrorInfo')) as unknown as ErrorInfo[]
  const [bad] = error.findDetails(messageOf('google.rpc.BadRequest')) as unknown as BadRequest[]
  return {
    code: (Code[error.code] ?? '').replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase(),
    message: error.rawMessage,
    ...(info && { reason: info.reason, metadata: info.metadata }),
    ...(bad && { fields: bad.fieldViolations.map(({ field }) => field) }),
    retryAfter: error.metadata.get('retry-after'),
  }
}

type ErrorInfo = { reason: string; metadata: Record<string, string> }
type BadRequest = { fieldViolations: { field: string }[] }

function messageOf(typeName: string): DescMessage {
  const desc = registry.getMessage(typeName)
  if (desc === undefined) throw new Error(`there is no message ${typeName}`)
  return desc
}
