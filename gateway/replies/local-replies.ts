import type { Api } from '../api.ts'
import { pageFilter, pageKey } from '../console/negotiation.ts'
import { guardFilter, refusedKey } from '../guard/guard.ts'
import { errorInfo, statusDetailsHeader } from '../limits/grpc-status.ts'
import { noMethod, noToken, type Reply, replies, soon, statusIs } from './replies.ts'
import { webReplies } from './web-replies.ts'

/**
 * Gives what Envoy itself answers over REST the shape of `google.rpc.Status` in JSON, as the services' errors have it.
 * Native gRPC calls get a status of their own, with its details in a header.
 */
export function localReplies(api: Api): object {
  return {
    mappers: [
      // The guard writes the whole status itself. Metadata of the stream, unlike a header, comes from no client.
      {
        filter: noted(guardFilter, refusedKey),
        body_format_override: {
          text_format_source: { inline_string: '%LOCAL_REPLY_BODY%' },
          content_type: 'application/json',
        },
      },
      // The console's page, which says itself that there is nothing.
      {
        filter: { and_filter: { filters: [statusIs(404), noted(pageFilter, pageKey)] } },
        body_format_override: {
          text_format_source: { inline_string: '%LOCAL_REPLY_BODY%' },
          content_type: 'text/html; charset=utf-8',
        },
      },
      ...webReplies(api),
      // The transcoder's text about a body that is not a valid message is the only text of Envoy that helps a caller.
      mapper({ http: 400, code: 3, reason: 'INVALID_FIELD', message: '%LOCAL_REPLY_BODY%' }, [transcoded]),
      // Envoy forbids it, which is otherwise what it says of a token.
      {
        ...mapper({ http: 403, code: 3, reason: 'INVALID_FIELD', message: noUpgrade }, [upgrades]),
        status_code: 400,
      },
      ...replies.map((reply) => mapper(reply, [anyRest])),
      // So Envoy says that a token is meant for others; what a token allows is for the services to say.
      { ...mapper({ ...noToken, http: 403 }, [anyRest]), status_code: 401 },
      // A gRPC client gets its details in a header.
      ...[401, 403].map((http) => ({
        filter: statusIs(http),
        status_code: 401,
        body_format_override: { text_format_source: { inline_string: noToken.message } },
        headers_to_add: [statusDetailsHeader(api, noToken.code, noToken.message, [errorInfo(noToken.reason)])],
      })),
      // Envoy has no better code for these than UNKNOWN, or INTERNAL, and tells about connections inside.
      ...[...replies.filter(({ http }) => [400, 408, 413, 415, 502, 503, 504].includes(http)), noMethod].map(
        ({ http, code, reason, message, more = [] }) => ({
          filter: statusIs(http),
          // Over gRPC the text is the message of the status. The guard's text about a request must be kept.
          ...([400, 415].includes(http)
            ? {}
            : { body_format_override: { text_format_source: { inline_string: message } } }),
          headers_to_add: [
            { header: { key: 'grpc-status', value: String(code) }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' },
            // The guard gives its own.
            {
              ...statusDetailsHeader(api, code, message, [errorInfo(reason), ...more]),
              append_action: 'ADD_IF_ABSENT',
            },
            ...soon(http),
          ],
        }),
      ),
    ],
  }
}

const noUpgrade = 'Upgrades to another protocol are not possible.'

/** A request that the transcoder turned into gRPC carries its former path; clients can not send this header. */
const transcoded = { header_filter: { header: { name: 'x-envoy-original-path', present_match: true } } }
const upgrades = { header_filter: { header: { name: 'upgrade', present_match: true } } }
const notGrpc = {
  header_filter: {
    header: {
      name: 'content-type',
      string_match: { prefix: 'application/grpc' },
      invert_match: true,
      treat_missing_header_as_empty: true,
    },
  },
}
const anyRest = { or_filter: { filters: [transcoded, notGrpc] } }

/** A value that one of our filters has written into the metadata of the stream. */
function noted(filter: string, key: string): object {
  const matcher = { filter, path: [{ key }], value: { bool_match: true } }
  return { metadata_filter: { matcher, match_if_key_not_found: false } }
}

function mapper(reply: Reply, filters: readonly object[]): object {
  return {
    filter: { and_filter: { filters: [statusIs(reply.http), ...filters] } },
    body_format_override: {
      json_format: {
        code: reply.code,
        message: reply.message,
        details: [errorInfo(reply.reason, reply.metadata), ...(reply.more ?? [])],
      },
    },
    headers_to_add: soon(reply.http),
  }
}
