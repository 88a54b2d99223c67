/**
 * Protobuf's wire format in texts of which each letter is a byte (latin1): what is made of many short parts is joined as text
 * several times faster than it is written into a buffer, and copied into one as a whole.
 * https://protobuf.dev/programming-guides/encoding/
 */
export type Bytes = string

/** The bytes themselves. */
export function bufferOf(bytes: Bytes): Buffer {
  return Buffer.from(bytes, 'latin1')
}

/** A text in UTF-8. */
export function utf8(text: string): Bytes {
  return NOT_ASCII.test(text) ? Buffer.from(text).toString('latin1') : text
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are ASCII too.
const NOT_ASCII = /[^\x00-\x7f]/

/** A whole number; a negative one as its two's complement of 64 bits. */
export function varint(value: number): Bytes {
  if (value >= 0 && value < ONE_BYTE.length) return ONE_BYTE[value] as Bytes
  let bytes = ''
  if (value < 0 || value >= 2 ** 31) {
    let rest = BigInt.asUintN(64, BigInt(value))
    for (; rest > 127n; rest >>= 7n) bytes += String.fromCharCode(Number(rest & 127n) | 128)
    return bytes + String.fromCharCode(Number(rest))
  }
  let rest = value
  for (; rest > 127; rest >>>= 7) bytes += String.fromCharCode((rest & 127) | 128)
  return bytes + String.fromCharCode(rest)
}

const ONE_BYTE = Array.from({ length: 128 }, (_, byte) => String.fromCharCode(byte))

/** Bytes with their length before them, as those of a text or a message in another. */
export function delimited(bytes: Bytes): Bytes {
  return varint(bytes.length) + bytes
}

/** Milliseconds since 1970 as a google.protobuf.Timestamp. */
export function timestamp(milliseconds: number): Bytes {
  const seconds = Math.floor(milliseconds / 1_000)
  const nanos = (milliseconds - seconds * 1_000) * 1_000_000
  return (seconds === 0 ? '' : SECONDS + varint(seconds)) + (nanos === 0 ? '' : NANOS + varint(nanos))
}

/** The tags of its fields. */
const [SECONDS, NANOS] = ['\x08', '\x10']
