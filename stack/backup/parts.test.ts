import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { findOnPath } from '../setup/python.mjs'
import { decrypting, encrypting, encryptionFor } from './encryption.ts'
import { unpackPart, verifyPart, writePart } from './parts.ts'

const WORDS = 'of a guest whom nobody else may know '.repeat(10_000)
let folder: string
let before: string | undefined
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hotel-parts-'))
  before = process.env.GNUPGHOME
  process.env.GNUPGHOME = path.join(folder, 'keys')
  for (const name of ['keys', 'from', 'to']) await mkdir(path.join(folder, name), { mode: 0o700 })
  await writeFile(path.join(folder, 'from', 'words'), WORDS)
})
afterAll(async () => {
  if (findOnPath('gpgconf')) execFileSync('gpgconf', ['--kill', 'all'], { env: process.env })
  if (before === undefined) delete process.env.GNUPGHOME
  else process.env.GNUPGHOME = before
  await rm(folder, { recursive: true, force: true })
})

const write = (encrypt: ReturnType<typeof encrypting>) =>
  writePart(folder, 'part', ['-C', path.join(folder, 'from'), 'words'], { encrypt })
const unpack = async (file: string, decrypt: ReturnType<typeof decrypting>) => {
  await rm(path.join(folder, 'to', 'words'), { force: true })
  await unpackPart(path.join(folder, file), path.join(folder, 'to'), decrypt)
  return readFile(path.join(folder, 'to', 'words'), 'utf8')
}

describe('a part of a backup', () => {
  test('comes back as it was, and is known when it is changed', async () => {
    const part = await write(undefined)
    await verifyPart(folder, part)
    expect(await unpack(part.file, undefined)).toBe(WORDS)
    const bytes = await readFile(path.join(folder, part.file))
    await writeFile(path.join(folder, part.file), bytes.subarray(0, -20))
    await expect(verifyPart(folder, part)).rejects.toThrow('The backup is damaged')
    await expect(unpack(part.file, undefined)).rejects.toThrow()
  })

  test('is encrypted for the recipient that is named, by the program of its key', async () => {
    expect([encryptionFor('age1abc'), encryptionFor('ssh-ed25519 AAAA'), encryptionFor('a@b.example')]).toEqual([
      ...['age', 'age', 'gpg'],
    ])
    const recipient = 'backup@hotel.example'
    if (findOnPath('gpg') === undefined)
      return expect(write(encrypting(recipient))).rejects.toThrow('There is no `gpg` on PATH: install GnuPG')
    const key = ['--batch', '--passphrase', '', '--quick-generate-key', recipient, 'future-default', 'default', 'never']
    execFileSync('gpg', key, { stdio: 'ignore', env: process.env })
    const part = await write(encrypting(recipient))
    expect(part.file).toBe('part.tar.gz.gpg')
    await expect(unpack(part.file, undefined)).rejects.toThrow()
    expect(await unpack(part.file, decrypting('gpg', undefined))).toBe(WORDS)
    await expect(write(encrypting('nobody@hotel.example'))).rejects.toThrow(/^gpg failed .*\n.*nobody@hotel.example/)
  })

  test('says what to install, and what to give, where it cannot be', async () => {
    const nowhere = { file: 'no-such-program', args: [], remedy: 'install it' }
    await expect(write(nowhere)).rejects.toThrow('There is no `no-such-program` on PATH: install it.')
    expect(() => decrypting('age', undefined)).toThrow('give `--identity FILE`')
    await expect(writePart(folder, 'none', ['-C', folder, 'nothing'], { encrypt: undefined })).rejects.toThrow(
      'tar failed',
    )
  })
})
