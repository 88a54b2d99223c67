import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { partialName, removeKilled } from './backup-folder.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hotel-backups-'))
})
afterAll(() => rm(folder, { recursive: true }))

test('the folder of a killed backup is removed, and a backup that is being made stays', async () => {
  const killed = spawn(process.execPath, ['--eval', ''])
  await once(killed, 'exit')
  const [mine, whole] = [partialName('hotel-mine'), 'hotel-2026-11-29T12-00-00-000Z']
  const ofKilled = mine.replace(`-${process.pid}-`, `-${killed.pid}-`)
  // The id of this process, used by another one before it.
  const idUsedAgain = mine.replace(/[0-9a-f]{8}$/, '00000000')
  const ofAnother = mine.replace(/-[0-9a-f]{8}-(\d+)/, '-00000000-$1')
  const notOurs = 'partial-hotel-list.xlsx'
  for (const name of [mine, whole, ofKilled, idUsedAgain, ofAnother, notOurs])
    await mkdir(path.join(folder, name, 'content'), { recursive: true })
  await removeKilled(folder)
  expect(new Set(await readdir(folder))).toEqual(new Set([mine, whole, ofAnother, notOurs]))
  // After a week the machine that made it makes it no more.
  await removeKilled(folder, Date.now() + 8 * 24 * 3_600_000)
  expect(new Set(await readdir(folder))).toEqual(new Set([mine, whole, notOurs]))
})
