import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip, type Gunzip } from 'node:zlib'
import { Problem } from '../setup/problem.mjs'
import { type Filter, type Running, startFilter } from './run-command.ts'

/** A compressed archive of a backup, encrypted or not, as it lies in the folder. */
export type Part = {
  readonly file: string
  readonly bytes: number
  /** Of the file as it lies there. */
  readonly sha256: string
  /** What it takes when it is unpacked. */
  readonly unpackedBytes: number
}

const tarRemedy = 'install GNU tar (`apt install tar`)'
/** Files of a running server change while tar reads them; its log says what to make of it. GNU tar ends with 1 then, others for any failure. */
const isChange = (code: number, line: string) =>
  code === 1 && /changed as we read it|removed before we read it|shrank by|Exiting with failure status/.test(line)

type Writing = {
  readonly encrypt: Filter | undefined
  readonly live?: boolean
  readonly signal?: AbortSignal | undefined
}

/** Archives what tar's arguments name. `live`: files may change, grow and go meanwhile. The signal gives it up. */
export async function writePart(
  folder: string,
  name: string,
  tarArguments: readonly string[],
  { encrypt, live = false, signal }: Writing,
): Promise<Part> {
  const file = `${name}.tar.gz${encrypt === undefined ? '' : `.${encrypt.file}`}`
  const tar = startFilter(
    { file: 'tar', args: ['-cf', '-', ...tarArguments], remedy: tarRemedy },
    { isHarmless: live ? isChange : undefined, signal },
  )
  const seal = encrypt && startFilter(encrypt, { signal })
  const plain = counting()
  const stored = counting()
  await withAll([seal, tar], async () => {
    const output = createWriteStream(path.join(folder, file), { mode: 0o600, flush: true })
    if (seal === undefined) return pipeline(tar.stdout, plain.stream, createGzip({ level: 1 }), stored.stream, output)
    await Promise.all([
      pipeline(tar.stdout, plain.stream, createGzip({ level: 1 }), seal.stdin),
      pipeline(seal.stdout, stored.stream, output),
    ])
  })
  return { file, bytes: stored.bytes(), sha256: stored.sha256(), unpackedBytes: plain.bytes() }
}

/** Unpacks a part into a folder, with the modes that its files had. The signal gives it up. */
export async function unpackPart(
  file: string,
  target: string,
  decrypt: Filter | undefined,
  signal?: AbortSignal,
): Promise<void> {
  const args = ['-xpf', '-', '--no-same-owner', '-C', target]
  const tar = startFilter({ file: 'tar', args, remedy: tarRemedy }, { signal })
  const open = decrypt && startFilter(decrypt, { signal })
  await withAll([open, tar], async () => {
    if (open === undefined) return toTar(tar, createReadStream(file), createGunzip())
    await Promise.all([pipeline(createReadStream(file), open.stdin), toTar(tar, open.stdout, createGunzip())])
  })
}

/** Tar ends at the mark of the archive's end, and takes nothing of the padding behind it; its exit code says whether all was there. */
async function toTar({ stdin }: Running, from: Readable, gunzip: Gunzip): Promise<void> {
  await pipeline(from, gunzip, stdin).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
  })
}

/** Throws a Problem unless the file is what was written then, byte by byte. */
export async function verifyPart(folder: string, { file, bytes, sha256 }: Part): Promise<void> {
  const at = path.join(folder, file)
  const size = await stat(at).then(
    (found) => found.size,
    () => undefined,
  )
  if (size === undefined) throw new Problem(`The backup is damaged: ${at} is missing. Use another backup.`)
  const found = createHash('sha256')
  await pipeline(createReadStream(at), found)
  if (size !== bytes || found.digest('hex') !== sha256)
    throw new Problem(
      `The backup is damaged: ${at} is not what was written. Use another backup, or another copy of it.`,
    )
}

/** Lets the streams run, then waits for the programs: what one of them says of its failure counts more than a broken pipe. */
async function withAll(programs: readonly (Running | undefined)[], run: () => Promise<void>): Promise<void> {
  const running = programs.filter((each) => each !== undefined)
  const failure = await run().then(
    () => undefined,
    (error: unknown) => ({ error }),
  )
  if (failure !== undefined) for (const { stdin, stdout } of running) [stdin.destroy(), stdout.destroy()]
  // One after another: the first is the one whose failure is the cause of the other's.
  for (const { ended } of running) await ended
  if (failure !== undefined) throw failure.error
}

function counting() {
  const hash = createHash('sha256')
  let bytes = 0
  const stream = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk)
      bytes += chunk.length
      done(null, chunk)
    },
  })
  return { stream, bytes: () => bytes, sha256: () => hash.digest('hex') }
}
