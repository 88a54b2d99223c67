import { type DescEnum, type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf'

/** The type of a field, by which its JSON is checked and described. */
export type FieldType =
  | { readonly kind: Scalar }
  | { readonly kind: 'enum'; readonly desc: DescEnum }
  | { readonly kind: 'message'; readonly desc: DescMessage }
  | { readonly kind: 'list'; readonly of: FieldType }
  | { readonly kind: 'map'; readonly of: FieldType }

type Scalar = (typeof scalars)[keyof typeof scalars] | (typeof wellKnown)[keyof typeof wellKnown]

/** 64-bit integers are strings in JSON, so that they keep their digits. */
const scalars = {
  [ScalarType.STRING]: 'string',
  [ScalarType.BOOL]: 'boolean',
  [ScalarType.INT32]: 'int32',
  [ScalarType.SINT32]: 'int32',
  [ScalarType.SFIXED32]: 'int32',
  [ScalarType.UINT32]: 'uint32',
  [ScalarType.FIXED32]: 'uint32',
  [ScalarType.INT64]: 'int64',
  [ScalarType.SINT64]: 'int64',
  [ScalarType.SFIXED64]: 'int64',
  [ScalarType.UINT64]: 'uint64',
  [ScalarType.FIXED64]: 'uint64',
  [ScalarType.FLOAT]: 'number',
  [ScalarType.DOUBLE]: 'number',
  [ScalarType.BYTES]: 'bytes',
} as const

/** Google's messages whose JSON is not that of their fields. */
const wellKnown = {
  'google.protobuf.Timestamp': 'timestamp',
  'google.protobuf.Duration': 'duration',
  'google.protobuf.FieldMask': 'mask',
  // No string: what answers carry of errors has a schema of its own.
  'google.rpc.Status': 'status',
} as const

/** Reads the type of a field; throws for a message of Google's whose JSON is of a form of its own. */
export function fieldType(field: DescField): FieldType {
  switch (field.fieldKind) {
    case 'scalar':
      return { kind: scalars[field.scalar] }
    case 'enum':
      return { kind: 'enum', desc: field.enum }
    case 'message':
      return messageType(field.message)
    case 'list':
      return { kind: 'list', of: elementType(field, field.listKind) }
    case 'map':
      return { kind: 'map', of: elementType(field, field.mapKind) }
    default:
      return field satisfies never
  }
}

/** Names of an enum's values that a client can send: all but the zero, which stands for "not given". */
export function enumNames(type: DescEnum): string[] {
  return type.values.filter((value) => value.number !== 0).map((value) => value.name)
}

/** Whether a value of this type can stand in a query: no message, map or list of such has a form there. */
export function fitsQuery(type: FieldType): boolean {
  if (type.kind === 'list') return fitsQuery(type.of) && type.of.kind !== 'list'
  return type.kind !== 'message' && type.kind !== 'map'
}

function elementType(field: DescField & { fieldKind: 'list' | 'map' }, kind: 'scalar' | 'enum' | 'message'): FieldType {
  if (kind === 'scalar' && field.scalar !== undefined) return { kind: scalars[field.scalar] }
  if (kind === 'enum' && field.enum !== undefined) return { kind: 'enum', desc: field.enum }
  if (field.message !== undefined) return messageType(field.message)
  throw new Error(`${field.parent.typeName}.${field.name}: a list or map of nothing`)
}

function messageType(desc: DescMessage): FieldType {
  if (desc.typeName in wellKnown) return { kind: wellKnown[desc.typeName as keyof typeof wellKnown] }
  if (desc.typeName.startsWith('google.protobuf.') && desc.typeName !== 'google.protobuf.Empty')
    throw new Error(`${desc.typeName} has a JSON form of its own, which the gateway does not know`)
  return { kind: 'message', desc }
}
