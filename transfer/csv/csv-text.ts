import { createReadStream } from 'node:fs'

const CHUNK_BYTES = 256 * 1024

/**
 * The text of a file, piece by piece: UTF-8, or UTF-16 as Excel's "Unicode text" is, with or without a byte order mark.
 * `progress` gets the number of bytes read. Bytes that are not text of the encoding become U+FFFD.
 */
export async function* textOf(file: string, progress: (bytes: number) => void = () => {}): AsyncGenerator<string> {
  const input = createReadStream(file, { highWaterMark: CHUNK_BYTES })
  let decoder: TextDecoder | undefined
  let bytes = 0
  for await (const chunk of input as AsyncIterable<Buffer>) {
    decoder ??= new TextDecoder(encodingOf(chunk))
    bytes += chunk.length
    progress(bytes)
    yield decoder.decode(chunk, { stream: true })
  }
  yield decoder?.decode() ?? ''
}

/** By the mark; without one a header, which begins with ASCII, shows it by its zeros. */
function encodingOf([first, second]: Buffer): string {
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return 'utf-16le'
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0)) return 'utf-16be'
  return 'utf-8'
}
