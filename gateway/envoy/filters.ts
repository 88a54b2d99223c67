import { serviceNames } from '@hotel/runtime/process/service-names'
import type { Api } from '../api.ts'
import { pageFilter } from '../console/negotiation.ts'
import { guardFilter } from '../guard/guard.ts'
import { clientLimit } from '../limits/client-limit.ts'
import { dearLimit } from '../limits/dear-limit.ts'
import { fieldExtraction, statusCheckFilter, statusLimit } from '../limits/limits.ts'
import { sharedLimits } from '../limits/shared-limits.ts'
import type { GatewaySettings } from '../settings.ts'
import { callerOf, tokenDemand } from '../tokens/tokens.ts'
import { compressors } from './compression.ts'
import { connectBuffer, LARGEST_ANSWER, webFilters } from './web-protocols.ts'

export const answerFilter = 'hotel.answer'
export const transcoderFilter = 'envoy.filters.http.grpc_json_transcoder'

/**
 * The filters in the order in which they see a request. The limit per client comes before all that costs, except that it
 * asks who calls; who has no token is refused after it, so that guessing at tokens is limited too. The limit of dear calls
 * needs to know the method. The limit per reservation comes last, so that what is refused before it does not use up a
 * reservation's minute; for that the service is asked, too.
 */
export function httpFilters(settings: GatewaySettings, api: Api, hasPages: boolean): object[] {
  const shared = sharedLimits(settings, api)
  return [
    ...(settings.corsOrigins.length > 0 ? [lua('hotel.cors', 'cors.lua')] : []),
    ...webFilters(lua),
    lua('hotel.request', 'request.lua'),
    ...(hasPages ? [lua(pageFilter, 'page.lua')] : []),
    withoutInnerHeaders(),
    ...compressors(),
    lua(answerFilter, 'answer.lua'),
    health(),
    callerOf(settings.auth),
    ...(settings.rateLimitService === undefined ? [] : [lua('hotel.limits', 'limits.lua')]),
    clientLimit(settings, api),
    tokenDemand(settings.auth),
    lua(guardFilter, 'guard.lua'),
    connectBuffer(),
    { name: transcoderFilter, typed_config: transcoder(api, { stream_newline_delimited: true }) },
    // A request of REST has a route to a service only from here on, and without one the filter asks nobody.
    ...shared.client,
    dearLimit(settings, api),
    ...shared.dear,
    fieldExtraction(api),
    lua(statusCheckFilter, 'status.lua'),
    statusLimit(settings, api),
    ...shared.status,
    {
      name: 'envoy.filters.http.router',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router',
        suppress_envoy_headers: true,
      },
    },
  ]
}

/** What services tell the filters behind this one, which no client is to see; of gRPC nobody else would take it out. */
function withoutInnerHeaders(): object {
  return {
    name: 'envoy.filters.http.header_mutation',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation',
      mutations: {
        response_mutations: ['x-http-code', 'x-envoy-upstream-healthchecked-cluster'].map((remove) => ({ remove })),
      },
    },
  }
}

function lua(name: string, filename: string): object {
  return {
    name,
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua',
      default_source_code: { filename },
    },
  }
}

/** `GET /healthz`: 200 while every service has a replica that answers, else 503. Other methods are a route's to refuse. */
function health(): object {
  return {
    name: 'envoy.filters.http.health_check',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.health_check.v3.HealthCheck',
      pass_through_mode: false,
      headers: [
        { name: ':path', string_match: { safe_regex: { regex: String.raw`/healthz/?(\?.*)?` } } },
        { name: ':method', string_match: { safe_regex: { regex: 'GET|HEAD' } } },
      ],
      cluster_min_healthy_percentages: Object.fromEntries(serviceNames.map((name) => [name, { value: 1 }])),
    },
  }
}

/** How REST is turned into gRPC and back; of a stream each answer becomes a line, or an event. */
export function transcoder(
  api: Api,
  stream: { stream_newline_delimited: true } | { stream_sse_style_delimited: true },
): object {
  const services = new Set(api.methods.map((method) => method.desc.parent.typeName))
  return {
    '@type': 'type.googleapis.com/envoy.extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder',
    proto_descriptor: 'api.binpb',
    services: [...services],
    convert_grpc_status: true,
    // As forms and the clients of many languages write a space; guard.lua reads it so, too.
    query_param_unescape_plus: true,
    case_insensitive_enum_parsing: true,
    max_request_body_size: 65_536,
    max_response_body_size: LARGEST_ANSWER,
    print_options: { preserve_proto_field_names: true, always_print_primitive_fields: true, ...stream },
    request_validation_options: {
      reject_unknown_query_parameters: true,
      reject_binding_body_field_collisions: true,
    },
  }
}
