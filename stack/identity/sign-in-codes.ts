import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { unwritable } from '../setup/problem.mjs'

/** How long the code of a link is good. */
export const CODE_MINUTES = 10

/** More are not kept at once: the oldest go. */
const MOST_CODES = 20

/** What a code looks like: 32 random bytes. */
const CODE = /^[\w-]{43}$/

/**
 * Makes a code that signs in once. Only its hash is kept, in the issuer's folder, which nobody else may read: the
 * program that makes a link is not the one that answers it.
 */
export async function makeCode(issuerFolder: string, now: number): Promise<string> {
  const folder = folderOf(issuerFolder)
  const code = randomBytes(32).toString('base64url')
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await sweep(folder, now)
    await writeFile(path.join(folder, nameOf(code)), String(now + CODE_MINUTES * 60_000), { mode: 0o600 })
  } catch (error) {
    throw unwritable(error, 'make it writable for this user, or set DATA_DIR to another folder')
  }
  return code
}

/**
 * Whether the code is good: once, and not after its time. It is looked up by its hash, so that how long the answer takes says
 * nothing about any code.
 */
export async function redeemCode(issuerFolder: string, code: string, now: number): Promise<boolean> {
  if (!CODE.test(code)) return false
  const file = path.join(folderOf(issuerFolder), nameOf(code))
  const until = Number(await readFile(file, 'utf8').catch(() => '0'))
  if (until <= now) return false
  // Of several who come at once, one takes the file away.
  return unlink(file).then(
    () => true,
    () => false,
  )
}

const folderOf = (issuerFolder: string) => path.join(issuerFolder, 'codes')
const nameOf = (code: string) => createHash('sha256').update(code).digest('hex')

/** Takes away those whose time is over, and the oldest of too many. */
async function sweep(folder: string, now: number): Promise<void> {
  const read = async (name: string) => ({
    file: path.join(folder, name),
    until: Number(await readFile(path.join(folder, name), 'utf8').catch(() => '0')),
  })
  const codes = (await Promise.all((await readdir(folder)).map(read))).sort((a, b) => b.until - a.until)
  const old = codes.filter(({ until }, index) => until <= now || index >= MOST_CODES - 1)
  await Promise.all(old.map(({ file }) => rm(file, { force: true })))
}
