import type { CompatServiceDefinition, ServerAddBuilder } from 'nice-grpc'

const encodings = new WeakMap<object, Uint8Array>()

/**
 * Stands for an answer of a unary method that is encoded already: its bytes are sent as they are. It has none of the
 * message's fields.
 */
export function encoded<Message extends object>(bytes: Uint8Array): Message {
  const answer = {}
  encodings.set(answer, bytes)
  return answer as Message
}

/** A builder of services whose methods may answer with `encoded` too. */
export function sendingEncoded<Ext>(builder: ServerAddBuilder<Ext>): ServerAddBuilder<Ext> {
  return {
    with: (middleware) => sendingEncoded(builder.with(middleware)),
    add: (definition, implementation) => builder.add(passingOn(definition), implementation),
  }
}

function passingOn<Service extends CompatServiceDefinition>(definition: Service): Service {
  const { methods } = definition as unknown as TsProtoDefinition
  const passing = Object.entries(methods).map(([key, method]) => [
    key,
    { ...method, responseType: withEncoded(method.responseType) },
  ])
  // The same definition but for how answers are encoded, which no type of it tells.
  return { ...definition, methods: Object.fromEntries(passing) }
}

type TsProtoDefinition = Extract<CompatServiceDefinition, { methods: unknown }>
type MessageType = TsProtoDefinition['methods'][string]['responseType']

function withEncoded(type: MessageType): MessageType {
  return {
    ...type,
    encode(message: object) {
      const bytes = encodings.get(message)
      return bytes === undefined ? type.encode(message) : { finish: () => bytes }
    },
    fromPartial: (message) => (encodings.has(message as object) ? message : (type.fromPartial?.(message) ?? message)),
  }
}
