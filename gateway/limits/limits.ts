import { create, toBinary } from '@bufbuild/protobuf'
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt'
import type { Api, ApiMethod } from '../api.ts'
import type { GatewaySettings } from '../settings.ts'
import { expression, type Rules, rateLimit, tokenBucket } from './rate-limit.ts'

/** The filter that asks the service about a change of status, and under whose name it says that one is not to be counted. */
export const statusCheckFilter = 'hotel.status'
/** The limit of changes of status. */
export const statusLimitFilter = 'hotel.ratelimit.status'

/**
 * Changes of status per reservation, by whichever door. Reads what field extraction found in the message. Does not count
 * what the service said it would refuse; that goes on, for the service to refuse.
 */
export function statusLimit(settings: GatewaySettings, api: Api): object {
  return rateLimit(statusLimitFilter, api, statusRules(settings))
}

/** The rules of that limit. */
export function statusRules(settings: GatewaySettings): Rules {
  return {
    policy: 'reservation-status-per-minute',
    rate_limits: [
      {
        actions: [
          {
            metadata: {
              descriptor_key: 'reservation',
              metadata_key: { key: extractionFilter, path: [{ key: 'id' }, { index: 0 }] },
            },
          },
          expression(
            'status_set',
            `size(metadata.filter_metadata['${extractionFilter}']['status']) > 0 && !('${statusCheckFilter}' in metadata.filter_metadata)`,
          ),
        ],
      },
    ],
    descriptors: [
      {
        entries: [{ key: 'reservation' }, { key: 'status_set', value: 'true' }],
        token_bucket: tokenBucket(settings.statusChangesPerMinute, '60s'),
      },
    ],
  }
}

/** The filter that reads the id and the status of a message. */
export const extractionFilter = 'envoy.filters.http.grpc_field_extraction'

/** Takes id and status out of the messages that can change a reservation's status, for `statusLimit`. */
export function fieldExtraction(api: Api): object {
  return {
    name: extractionFilter,
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.grpc_field_extraction.v3.GrpcFieldExtractionConfig',
      descriptor_set: { filename: 'limits-view.binpb' },
      extractions_by_method: Object.fromEntries(
        statusMethods(api).map((method) => [
          method.path.slice(1).replace('/', '.'),
          { request_field_extractions: { id: {}, status: {} } },
        ]),
      ),
    },
  }
}

/** The methods that take a reservation's id and a new status. */
export function statusMethods(api: Api): ApiMethod[] {
  return api.methods.filter(
    ({ desc, kind }) =>
      kind === 'write' && desc.output.typeName === reservation && desc.input.field.status && desc.input.field.id,
  )
}

const reservation = 'hotel.reservations.v1.Reservation'

/**
 * A view of the API for field extraction, which reads no enums and refuses fields it does not know how to skip: the same
 * service and method names, the requests reduced to `id` and to `status` as a number.
 */
export function limitsView(api: Api): Uint8Array {
  const methods = statusMethods(api)
  const [first] = methods
  if (first === undefined) throw new Error('no method of the API changes the status of a reservation')
  const service = first.desc.parent
  const file = create(FileDescriptorProtoSchema, {
    name: 'limits-view.proto',
    package: service.file.proto.package,
    syntax: 'proto3',
    messageType: [
      ...methods.map(({ desc }) => reducedRequest(desc.input)),
      create(DescriptorProtoSchema, { name: 'Answer' }),
    ],
    service: [
      {
        name: service.name,
        method: methods.map(({ desc }) => ({
          name: desc.name,
          inputType: `.${desc.input.typeName}`,
          outputType: `.${service.file.proto.package}.Answer`,
        })),
      },
    ],
  })
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: [file] }))
}

function reducedRequest(input: ApiMethod['desc']['input']): DescriptorProto {
  const field = (name: string, type: FieldDescriptorProto_Type, presence: object) =>
    create(FieldDescriptorProtoSchema, {
      name,
      number: input.fields.find((field) => field.name === name)?.number ?? 0,
      label: FieldDescriptorProto_Label.OPTIONAL,
      type,
      ...presence,
    })
  return create(DescriptorProtoSchema, {
    name: input.name,
    field: [
      field('id', FieldDescriptorProto_Type.STRING, {}),
      // Presence is what counts: a status of 0 that was sent is a change of status too.
      field('status', FieldDescriptorProto_Type.INT32, { proto3Optional: true, oneofIndex: 0 }),
    ],
    oneofDecl: [{ name: '_status' }],
  })
}
