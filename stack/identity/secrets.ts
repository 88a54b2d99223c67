import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type PerService, perService } from '../service-names.ts'
import { Problem, unwritable } from '../setup/problem.mjs'

/** Made at the first start and kept in the data folder, for nobody but its owner to read. */
export type Secrets = {
  readonly postgres: string
  readonly redis: string
  /** Of the role that owns a service's database. */
  readonly owners: PerService<string>
  /** Of the role that a service works as. */
  readonly services: PerService<string>
  /** 32 bytes in base64. */
  readonly pageTokenKey: string
}

const REMEDY = 'make it readable and writable for this user, or set DATA_DIR to another folder'

/** Reads the secrets of a data folder, which are made if it has none yet. */
export async function readSecrets(dataDir: string): Promise<Secrets> {
  const file = fileIn(dataDir)
  try {
    const known = await secretsIn(file)
    if (known !== undefined) return known
    const secrets = makeSecrets()
    await writeFile(`${file}.new`, JSON.stringify(secrets, null, 2), { mode: 0o600 })
    await rename(`${file}.new`, file)
    return secrets
  } catch (error) {
    throw unwritable(error, REMEDY)
  }
}

/** Reads the secrets of a data folder that is in use; a Problem when it has none. */
export async function existingSecrets(dataDir: string): Promise<Secrets> {
  const file = fileIn(dataDir)
  const known = await secretsIn(file).catch((error: unknown) => {
    throw unwritable(error, REMEDY)
  })
  if (known !== undefined) return known
  throw new Problem(`There is no file ${file}: restore it from a backup (docs/operating.md).`)
}

function fileIn(dataDir: string): string {
  return path.join(dataDir, 'secrets.json')
}

async function secretsIn(file: string): Promise<Secrets | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Secrets)
  } catch {
    throw new Problem(`${file} is damaged: restore it from a backup (docs/operating.md).`)
  }
}

function makeSecrets(): Secrets {
  const password = () => randomBytes(24).toString('hex')
  return {
    postgres: password(),
    redis: password(),
    owners: perService(password),
    services: perService(password),
    pageTokenKey: randomBytes(32).toString('base64'),
  }
}
