import type { Api } from '../api.ts'
import { webFilter, webKey } from '../envoy/web-protocols.ts'
import { errorInfo, statusDetailsHeader } from '../limits/grpc-status.ts'
import { noMethod, noToken, type Reply, replies, soon, statusIs } from './replies.ts'

/**
 * Gives what Envoy itself answers to a call of gRPC-Web or Connect the form of a status of gRPC without a message, which the
 * filters for them turn into what these clients read. As Envoy sees it such a call is none of gRPC.
 */
export function webReplies(api: Api): object[] {
  const others = replies.filter(({ http }) => ![malformed.http, noMethod.http].includes(http))
  // So Envoy says that a token is meant for others.
  const foreign = { ...noToken, http: 403 }
  return [malformed, ...others, noMethod, foreign].map((reply) => ({
    filter: { and_filter: { filters: [statusIs(reply.http), isWebCall] } },
    status_code: 200,
    // An empty body: the status is in the headers.
    body_format_override: { text_format_source: { inline_string: '%REQ(x-hotel-none)%' }, omit_empty_values: true },
    headers_to_add: [
      { header: { key: 'grpc-status', value: String(reply.code) }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' },
      // Filters of ours say what is wrong themselves.
      { header: { key: 'grpc-message', value: reply.message }, append_action: 'ADD_IF_ABSENT' },
      // A limit tells its policy itself.
      { ...details(api, reply), append_action: 'ADD_IF_ABSENT' },
      ...soon(reply.http),
    ],
  }))
}

/** As base64 that is none. */
const malformed: Reply = { http: 400, code: 3, reason: 'INVALID_FIELD', message: 'The call is not well-formed.' }

const isWebCall = {
  metadata_filter: {
    matcher: { filter: webFilter, path: [{ key: webKey }], value: { present_match: true } },
    match_if_key_not_found: false,
  },
}

function details(api: Api, { code, message, reason, more = [] }: Reply): object {
  return statusDetailsHeader(api, code, message, [errorInfo(reason), ...more])
}
