import { readFileSync } from 'node:fs'
import {
  createFileRegistry,
  type DescEnum,
  type DescFile,
  type DescMessage,
  type DescService,
  fromBinary,
  toBinary,
} from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import type {
  DeepPartial,
  ServerReflectionRequest,
  ServerReflectionResponse,
} from '@hotel/proto/grpc/reflection/v1/reflection'
import { Status } from 'nice-grpc'

// The field number of the method option google.api.http.
const HTTP_RULE = 72295728

const bytes = readFileSync(new URL(import.meta.resolve('@hotel/proto/api.binpb')))
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes))
const services = [...registry]
  .filter((type) => type.kind === 'service' && isPublic(type))
  .map(({ typeName }) => ({ name: typeName }))

/**
 * Answers a request. Descriptors are sent as they are, unknown options included; `@grpc/reflection` fails on a file that
 * imports google/rpc/status.proto.
 */
export function answer(request: ServerReflectionRequest): DeepPartial<ServerReflectionResponse> {
  if (request.list_services !== undefined) return { list_services_response: { service: services } }
  const file =
    request.file_by_filename !== undefined
      ? (registry.getFile(request.file_by_filename.replace(/\.proto$/, '')) ??
        registry.getFile(request.file_by_filename))
      : fileOf(request.file_containing_symbol ?? request.file_containing_extension?.containing_type)
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

/** Listed is what the gateway serves: the services with REST paths, and reflection itself. */
function isPublic({ typeName, methods }: DescService): boolean {
  const hasPath = methods.some(({ proto }) => proto.options?.$unknown?.some(({ no }) => no === HTTP_RULE))
  return hasPath || typeName.startsWith('grpc.')
}

/** The file of a service, method, message, field, enum or value by its full name. */
function fileOf(symbol: string | undefined): DescFile | undefined {
  if (symbol === undefined || symbol === '') return undefined
  const type = registry.get(symbol) as DescMessage | DescEnum | undefined
  return type?.file ?? fileOf(symbol.split('.').slice(0, -1).join('.'))
}

function collect(file: DescFile, into: Map<string, DescFile>): void {
  if (into.has(file.name)) return
  into.set(file.name, file)
  for (const dependency of file.dependencies) collect(dependency, into)
}
