/** The buffer at first; one that had to grow far beyond is not kept. */
const FIRST_BYTES = 64 * 1024
const MOST_KEPT_BYTES = 1024 * 1024
const LONGEST_VARINT = 10
/** The tags of google.protobuf.Timestamp's fields. */
const [SECONDS, NANOS] = [0x08, 0x10]

/**
 * Writes protobuf's wire format into one buffer that is used again and again, for answers that are made of rows: without
 * objects in between, and with short texts copied letter by letter, which is the fastest for them.
 * https://protobuf.dev/programming-guides/encoding/
 */
export class Wire {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
  #length = 0

  /** The bytes of what `write` writes; it may not wait for anything. */
  written(write: (wire: this) => void): Uint8Array {
    this.#length = 0
    write(this)
    const bytes = Buffer.from(this.#bytes.subarray(0, this.#length))
    if (this.#bytes.length > MOST_KEPT_BYTES) this.#bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
    return bytes
  }

  /** Bytes as they are, as those of a tag. */
  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    for (let index = 0; index < bytes.length; index++) this.#bytes[this.#length++] = bytes[index] as number
  }

  /** A whole number; a negative one as its two's complement of 64 bits. */
  varint(value: number): void {
    this.#reserve(LONGEST_VARINT)
    let rest = value
    if (value < 0 || value >= 2 ** 31) {
      let long = BigInt.asUintN(64, BigInt(value))
      for (; long > 2n ** 31n; long >>= 7n) this.#bytes[this.#length++] = Number(long & 127n) | 128
      rest = Number(long)
    }
    for (; rest > 127; rest >>>= 7) this.#bytes[this.#length++] = (rest & 127) | 128
    this.#bytes[this.#length++] = rest
  }

  /** A text, with its length before it. */
  text(text: string): void {
    if (text.length < 128 && this.#ascii(text)) return
    const length = Buffer.byteLength(text)
    this.varint(length)
    this.#reserve(length)
    this.#length += this.#bytes.write(text, this.#length)
  }

  /** Writes a short text if it is ASCII; gives whether it is. */
  #ascii(text: string): boolean {
    const { length } = text
    this.#reserve(length + 1)
    const bytes = this.#bytes
    let at = this.#length
    bytes[at++] = length
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index)
      if (code > 127) return false
      bytes[at++] = code
    }
    this.#length = at
    return true
  }

  /** Milliseconds since 1970 as google.protobuf.Timestamp, with its length before it. */
  moment(milliseconds: number): void {
    const seconds = Math.floor(milliseconds / 1_000)
    const nanos = (milliseconds - seconds * 1_000) * 1_000_000
    this.#reserve(3 + 2 * LONGEST_VARINT)
    const begin = ++this.#length
    if (seconds !== 0) {
      this.#bytes[this.#length++] = SECONDS
      this.varint(seconds)
    }
    if (nanos !== 0) {
      this.#bytes[this.#length++] = NANOS
      this.varint(nanos)
    }
    this.#bytes[begin - 1] = this.#length - begin
  }

  /** What `write` writes of a row, with its length before it. */
  message<Row>(write: (wire: this, row: Row) => void, row: Row): void {
    this.#reserve(LONGEST_VARINT)
    // As most messages are: of 128 to 16,383 bytes.
    const guessed = 2
    const begin = this.#length
    this.#length += guessed
    write(this, row)
    const length = this.#length - begin - guessed
    const needed = length < 2 ** 7 ? 1 : length < 2 ** 14 ? 2 : length < 2 ** 21 ? 3 : 4
    if (needed !== guessed) {
      this.#reserve(needed)
      this.#bytes.copyWithin(begin + needed, begin + guessed, this.#length)
    }
    this.#length = begin
    this.varint(length)
    this.#length += length
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.#bytes.length, this.#length + more))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }
}
