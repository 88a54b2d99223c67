import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { day, pick } from '../support/hotel.ts'

type Random = () => number

/** Values that exist, by the names of the fields that refer to them; in the order of the chances that they have. */
export type Existing = Readonly<Record<string, readonly string[]>>

const NOBODY = '01900000-0000-7000-8000-000000000000'
const texts = [
  ...[
    '',
    ' ',
    'Ada',
    '101',
    'UTC',
    'DE',
    'ada@example.org',
    '+41446681800',
    NOBODY,
    NOBODY.toUpperCase(),
    `{${NOBODY}}`,
  ],
  ...[
    '2030-05-01',
    '2026-02-30',
    '0000-00-00',
    '9999-12-31',
    '-1',
    '1e999',
    'NaN',
    'null',
    '*',
    '%',
    '\\',
    "' or 1=1 --",
  ],
  ...[
    '\0',
    'a\0b',
    '\r\nx: y',
    '\u202e',
    '\ufeff',
    '\ud83d\ude00'.repeat(300),
    'Zo\u0308e',
    '__proto__',
    'constructor',
  ],
  ...['a'.repeat(255), 'a'.repeat(256), '\u00e9'.repeat(20_000), '../../etc/passwd', '<script>'],
]
const wholes = [0n, 1n, 2n, 50n, 500n, 501n, -1n, 2n ** 31n - 1n, -(2n ** 31n), 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n)]
const notUtf8 = [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0x41, 0xe2, 0x82]]

/**
 * The bytes of a request: usually of its type, with values of every sort, also such as it may not have; at times with
 * fields that nobody knows or of another kind, cut off, or none of a message at all.
 */
export function randomRequest(desc: DescMessage, existing: Existing, random: Random): Buffer {
  const chance = random()
  if (chance < 0.05) return Buffer.alloc(0)
  if (chance < 0.1) return Buffer.from(Array.from({ length: 1 + random() * 60 }, () => random() * 256))
  const bytes = Buffer.from(randomMessage(desc, existing, random, 0))
  if (chance < 0.15) return bytes.subarray(0, Math.floor(random() * bytes.length))
  if (chance < 0.25) return Buffer.concat([bytes, stray(desc, random)])
  return bytes
}

/** What does not belong into the message: a field that is not known, one of another kind, or depth without an end. */
function stray(desc: DescMessage, random: Random): Uint8Array {
  const known = desc.fields.length > 0 && random() < 0.6
  const number = known ? pick(desc.fields, random).number : pick([99, 15_000, 536_870_911], random)
  const writer = new BinaryWriter()
  const kind = pick(
    [WireType.Varint, WireType.Bit64, WireType.LengthDelimited, WireType.StartGroup, WireType.Bit32],
    random,
  )
  writer.tag(number, kind)
  if (kind === WireType.Varint) return writer.int64(pick(wholes, random)).finish()
  if (kind === WireType.Bit64) return writer.fixed64(1).finish()
  if (kind === WireType.Bit32) return writer.fixed32(1).finish()
  if (kind === WireType.LengthDelimited) return writer.bytes(nested(number, pick([1, 50, 500], random))).finish()
  const depth = pick([1, 50, 5_000], random)
  for (let level = 1; level < depth; level += 1) writer.tag(number, WireType.StartGroup)
  for (let level = 0; level < depth; level += 1) writer.tag(number, WireType.EndGroup)
  return writer.finish()
}

function nested(number: number, depth: number): Uint8Array {
  let bytes: Uint8Array = new Uint8Array()
  for (let level = 0; level < depth; level += 1)
    bytes = new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(bytes).finish()
  return bytes
}

function randomMessage(desc: DescMessage, existing: Existing, random: Random, depth: number): Uint8Array {
  const writer = new BinaryWriter()
  if (desc.typeName === 'google.protobuf.Timestamp' && random() < 0.5) return soon(random)
  for (const field of desc.fields) {
    if (random() < (depth > 3 ? 0.8 : 0.35)) continue
    const many = field.fieldKind === 'list' ? pick([1, 1, 1, 2, 3, 200], random) : random() < 0.05 ? 2 : 1
    for (let count = 0; count < many; count += 1) writeField(writer, field, existing, random, depth)
  }
  return writer.finish()
}

/** A moment within the next minutes, which most fields of this kind want. */
function soon(random: Random): Uint8Array {
  const seconds = Math.floor(Date.now() / 1_000 + random() * 600)
  return new BinaryWriter().tag(1, WireType.Varint).int64(seconds).finish()
}

function writeField(writer: BinaryWriter, field: DescField, existing: Existing, random: Random, depth: number): void {
  const message = field.fieldKind === 'map' ? undefined : field.message
  if (message) {
    writer.tag(field.number, WireType.LengthDelimited).bytes(randomMessage(message, existing, random, depth + 1))
  } else if (field.fieldKind === 'enum' || (field.fieldKind === 'list' && field.listKind === 'enum')) {
    const numbers = field.enum?.values.map(({ number }) => number) ?? []
    writer.tag(field.number, WireType.Varint).int32(pick([...numbers, ...numbers, 99, -1, 2 ** 31 - 1], random))
  } else if (field.scalar === ScalarType.STRING) {
    writer.tag(field.number, WireType.LengthDelimited).bytes(randomText(field.name, existing, random))
  } else if (field.scalar === ScalarType.BOOL) {
    writer.tag(field.number, WireType.Varint).int64(pick([0n, 1n, 1n, 2n ** 63n - 1n], random))
  } else if (field.scalar === ScalarType.BYTES) {
    writer.tag(field.number, WireType.LengthDelimited).bytes(Uint8Array.from([random() * 256]))
  } else if (field.scalar === ScalarType.INT32 || field.scalar === ScalarType.INT64) {
    writer.tag(field.number, WireType.Varint).int64(pick(wholes, random))
  } else throw new Error(`${field.parent.typeName}.${field.name} is of a kind that the fuzz can not write yet`)
}

function randomText(name: string, existing: Existing, random: Random): Uint8Array {
  const chance = random()
  if (chance < 0.03) return Uint8Array.from(pick(notUtf8, random))
  const known = existing[name] ?? existing[name.replace(/s$/, '')]
  if (known !== undefined && chance < 0.75) return Buffer.from(pick(known, random))
  if (/_date$|^from$|^to$/.test(name) && chance < 0.8) return Buffer.from(day(Math.floor(random() * 8)))
  return Buffer.from(pick(texts, random))
}
