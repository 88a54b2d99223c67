import { type ErrorDetails, ErrorInfo } from 'nice-grpc-error-details'
import { packed, type Refusal } from './refusal.ts'
import { type Bytes, bufferOf, delimited, utf8, varint } from './wire.ts'

/**
 * A refusal as the google.rpc.Status of its trailer: what statusMessage gives, encoded. Most refusals say no more than their
 * reason and metadata, which the generated code takes longer to encode than the rest of such a call takes.
 */
export function statusBytes({ code, details: message, extra }: Refusal): Buffer {
  let bytes = FIELD_1_NUMBER + varint(code) + FIELD_2 + delimited(utf8(message))
  for (const detail of extra) bytes += FIELD_3 + delimited(anyOf(detail))
  return bufferOf(bytes)
}

/** The tags of the fields of these messages: all but the first of a Status are of texts or messages. */
const FIELD_1_NUMBER = '\x08'
const FIELD_1 = '\x0a'
const FIELD_2 = '\x12'
const FIELD_3 = '\x1a'

/** A google.protobuf.Any. */
function anyOf(detail: ErrorDetails): Bytes {
  if (detail.$type === ErrorInfo.$type) return TYPE_OF_INFO + FIELD_2 + delimited(bytesOfInfo(detail as ErrorInfo))
  const { type_url, value } = packed(detail)
  return FIELD_1 + delimited(type_url) + FIELD_2 + delimited(value.toString('latin1'))
}

const TYPE_OF_INFO = FIELD_1 + delimited(`type.googleapis.com/${ErrorInfo.$type}`)

function bytesOfInfo({ reason, domain, metadata }: ErrorInfo): Bytes {
  let bytes = FIELD_1 + delimited(reason) + FIELD_2 + delimited(domain)
  for (const [key, value] of Object.entries(metadata))
    bytes += FIELD_3 + delimited(FIELD_1 + delimited(utf8(key)) + FIELD_2 + delimited(utf8(value)))
  return bytes
}
