import type {
  DescriptorProto,
  EnumDescriptorProto,
  FileDescriptorProto,
  FileDescriptorSet,
} from '@bufbuild/protobuf/wkt'

/** The leading comment of each commented element of the protos, by its descriptor. */
export function comments(descriptors: FileDescriptorSet): Map<object, string> {
  const texts = new Map<object, string>()
  for (const file of descriptors.file) {
    const byPath = new Map<string, string>()
    for (const location of file.sourceCodeInfo?.location ?? []) {
      if (location.leadingComments !== '') byPath.set(location.path.join('.'), location.leadingComments)
    }
    for (const [path, element] of elements(file)) {
      const text = byPath.get(path)
      if (text !== undefined) texts.set(element, text.replaceAll(/^ /gm, '').trim())
    }
  }
  return texts
}

/** Paths are numbered by the fields of descriptor.proto, as documented at `SourceCodeInfo.Location.path`. */
function* elements(file: FileDescriptorProto): Iterable<[string, object]> {
  for (const [index, message] of file.messageType.entries()) yield* messageElements(message, `4.${index}`)
  for (const [index, type] of file.enumType.entries()) yield* enumElements(type, `5.${index}`)
  for (const [index, extension] of file.extension.entries()) yield [`7.${index}`, extension]
  for (const [index, service] of file.service.entries()) {
    yield [`6.${index}`, service]
    for (const [number, method] of service.method.entries()) yield [`6.${index}.2.${number}`, method]
  }
}

function* messageElements(message: DescriptorProto, path: string): Iterable<[string, object]> {
  yield [path, message]
  for (const [index, field] of message.field.entries()) yield [`${path}.2.${index}`, field]
  for (const [index, nested] of message.nestedType.entries()) yield* messageElements(nested, `${path}.3.${index}`)
  for (const [index, type] of message.enumType.entries()) yield* enumElements(type, `${path}.4.${index}`)
}

function* enumElements(type: EnumDescriptorProto, path: string): Iterable<[string, object]> {
  yield [path, type]
  for (const [index, value] of type.value.entries()) yield [`${path}.2.${index}`, value]
}
