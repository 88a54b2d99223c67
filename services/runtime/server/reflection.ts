import { readFileSync } from 'node:fs'
import {
  createFileRegistry,
  type DescEnum,
  type DescFile,
  type DescMessage,
  type DescService,
  fromBinary,
  type Registry,
  toBinary,
} from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import type {
  DeepPartial,
  ServerReflectionRequest,
  ServerReflectionResponse,
} from '@hotel/proto/grpc/reflection/v1/reflection'
import { Status } from 'nice-grpc'
import { openStreams } from './open-streams.ts'

type Answer = DeepPartial<ServerReflectionResponse>

/**
 * Server reflection over the descriptor set of the whole API, so that one service answers for all behind the gateway.
 * Descriptors are sent as they are, unknown options included; `@grpc/reflection` fails on a file that imports
 * google/rpc/status.proto. One function serves v1 and v1alpha, whose messages are the same.
 */
export function reflection(): {
  serverReflectionInfo(requests: AsyncIterable<ServerReflectionRequest>): AsyncGenerator<Answer>
} {
  const bytes = readFileSync(new URL(import.meta.resolve('@hotel/proto/api.binpb')))
  const set = fromBinary(FileDescriptorSetSchema, bytes)
  const registry = createFileRegistry(set)
  const services = [...registry]
    .filter((type) => type.kind === 'service' && isPublic(type))
    .map(({ typeName }) => ({ name: typeName }))

  const streams = openStreams()
  return {
    async *serverReflectionInfo(requests) {
      using _stream = streams.take()
      for await (const request of requests) {
        yield { valid_host: request.host, original_request: request, ...answer(registry, services, request) }
      }
    },
  }
}

function answer(
  registry: ReturnType<typeof createFileRegistry>,
  services: { name: string }[],
  request: ServerReflectionRequest,
): Answer {
  if (request.list_services !== undefined) return { list_services_response: { service: services } }
  const file =
    request.file_by_filename !== undefined
      ? (registry.getFile(request.file_by_filename.replace(/\.proto$/, '')) ??
        registry.getFile(request.file_by_filename))
      : fileOf(registry, request.file_containing_symbol ?? request.file_containing_extension?.containing_type)
  if (file === undefined)
    return { error_response: { error_code: Status.NOT_FOUND, error_message: 'no such file or symbol' } }
  const closure = new Map<string, DescFile>()
  collect(file, closure)
  return {
    file_descriptor_response: {
      file_descriptor_proto: [...closure.values()].map(({ proto }) =>
        Buffer.from(toBinary(FileDescriptorProtoSchema, proto)),
      ),
    },
  }
}

// The field number of the method option google.api.http.
const HTTP_RULE = 72295728

/** Listed is what the gateway serves: the services with REST paths, and reflection itself. */
function isPublic({ typeName, methods }: DescService): boolean {
  const hasPath = methods.some(({ proto }) => proto.options?.$unknown?.some(({ no }) => no === HTTP_RULE))
  return hasPath || typeName.startsWith('grpc.')
}

/** The file of a service, method, message, field, enum or value by its full name. */
function fileOf(registry: Registry, symbol: string | undefined): DescFile | undefined {
  if (symbol === undefined || symbol === '') return undefined
  const type = registry.get(symbol) as DescMessage | DescEnum | undefined
  return type?.file ?? fileOf(registry, symbol.split('.').slice(0, -1).join('.'))
}

function collect(file: DescFile, into: Map<string, DescFile>): void {
  if (into.has(file.name)) return
  into.set(file.name, file)
  for (const dependency of file.dependencies) collect(dependency, into)
}
