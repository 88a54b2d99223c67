import type { CompatServiceDefinition } from 'nice-grpc'

const encodings = new WeakMap<object, Uint8Array>()

/**
 * Stands for an answer that is encoded already, in a service added by `sendingEncoded`: its bytes are sent as they are.
 * It has none of the message's fields.
 */
export function encoded<Message extends object>(bytes: Uint8Array): Message {
  const answer = {}
  encodings.set(answer, bytes)
  return answer as Message
}

/** The same service, whose unary methods may answer with `encoded` too. */
export function sendingEncoded<Definition extends TsProtoDefinition>(definition: Definition): Definition {
  const methods = Object.entries(definition.methods).map(([key, method]) => [
    key,
    { ...method, responseType: passing(method.responseType) },
  ])
  return { ...definition, methods: Object.fromEntries(methods) }
}

type TsProtoDefinition = Extract<CompatServiceDefinition, { methods: unknown }>
type MessageType = TsProtoDefinition['methods'][string]['responseType']

function passing(type: MessageType): MessageType {
  return {
    ...type,
    encode(message: object) {
      const bytes = encodings.get(message)
      return bytes === undefined ? type.encode(message) : { finish: () => bytes }
    },
    fromPartial: (message) => (encodings.has(message as object) ? message : (type.fromPartial?.(message) ?? message)),
  }
}
