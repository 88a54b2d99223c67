import { existsSync } from 'node:fs'
import { cp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { listBackups } from '@hotel/stack/backup/backup-folder'
import { chooseBackup, examine } from '@hotel/stack/backup/choose'
import { readSecrets } from '@hotel/stack/identity/secrets'
import { claim, type RunFile } from '@hotel/stack/run/run-file'
import { query, startPostgres } from '@hotel/stack/servers/postgres/postgres'
import { databaseUrl } from '@hotel/stack/servers/provision'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { testFolder } from '../harness/test-cluster.ts'
import { freePorts, run, written } from '../running/boot.ts'
import { day, eventually, freshNumber } from '../support/hotel.ts'
import { command, type OwnStart, startOwn } from './own-start.ts'

// `npm run backup` and `npm run restore` as an operator knows them: with the suite of `npm start`, whose data is lost.
jest.setTimeout(300_000)

let folder: string
let runFile: RunFile
let env: Record<string, string>
let suite: OwnStart | undefined
let backups: string
let first: string
beforeAll(async () => {
  folder = await testFolder()
  runFile = await claim(folder)
  backups = path.join(folder, "l'archive 100%", 'backups')
  env = {
    ...(await freePorts()),
    DATA_DIR: path.join(folder, 'data'),
    WAL_ARCHIVE: path.join(folder, "l'archive 100%", 'log'),
    RATE_LIMIT_PER_SECOND: '100000',
  }
})
afterAll(async () => {
  await suite?.stop()
  runFile.close()
  await rm(folder, { recursive: true, force: true })
})

const WRITERS = 6
const acknowledged: { readonly guest: string; readonly reservation: string }[] = []
let cursor: string
let guest: string
let erased: string
let hotel: string

test('a backup is taken while many write, of all databases at one point', async () => {
  suite = await startOwn(env)
  const { clients } = suite
  erased = (await clients.guests.createGuest({ first_name: 'Ephemera', last_name: 'Vanish' })).id
  guest = (await clients.guests.createGuest({ first_name: 'Ada' })).id
  hotel = (await clients.guests.getGuest({ id: guest })).hotel
  cursor = await newestCursor()
  const writing = startWriting(suite)
  await eventually(async () => expect(acknowledged.length).toBeGreaterThan(WRITERS), 30_000)
  const before = acknowledged.length
  const made = await command('backup/backup.ts', [backups], env)
  const after = acknowledged.length
  await writing.stop()
  expect(made).toMatchObject({ code: 0, said: expect.stringContaining('is made in'), wrong: '' })
  // There was something going on.
  expect(after).toBeGreaterThan(before)
  acknowledged.length = before
  const [name = ''] = (await readdir(backups)).filter((each) => each.startsWith('hotel-'))
  first = path.join(backups, name)
  for (const file of await readdir(first)) expect((await stat(path.join(first, file))).mode & 0o077).toBe(0)

  // What comes after it is not in it, but for who was erased: the next backup says so to all.
  await clients.guests.eraseGuest({ id: erased })
  expect(await command('backup/backup.ts', [backups], env)).toMatchObject({ code: 0 })
})

test('a backup that cannot be restored is refused, and nothing is touched', async () => {
  const restoring = (from: string, ...more: string[]) => command('backup/restore.ts', [from, ...more], env)
  expect(await restoring(first)).toMatchObject({
    code: 1,
    wrong: expect.stringContaining('The suite already runs from'),
  })
  await suite?.stop()
  suite = undefined
  expect(await restoring(first)).toMatchObject({ code: 1, wrong: expect.stringContaining('add `--replace`') })
  expect(await command('backup/backup.ts', [backups], env)).toMatchObject({
    code: 1,
    wrong: expect.stringContaining('No suite runs from'),
  })
  const other = path.join(folder, 'other')
  const changed = async (change: () => Promise<void>) => {
    await rm(other, { recursive: true, force: true })
    await cp(first, other, { recursive: true })
    await change()
    return chooseBackup(other, undefined)
      .then(examine)
      .then(
        () => 'whole',
        (error: Error) => error.message,
      )
  }
  const manifest = path.join(other, 'manifest.json')
  const edit = (from: RegExp, to: string) => async () =>
    writeFile(manifest, (await readFile(manifest, 'utf8')).replace(from, to))
  const flip = async () => {
    const file = path.join(other, 'server.tar.gz')
    const bytes = await readFile(file)
    const middle = bytes.length >> 1
    bytes[middle] = (bytes[middle] ?? 0) ^ 1
    await writeFile(file, bytes)
  }
  expect(await changed(flip)).toContain('The backup is damaged')
  expect(await changed(() => truncate(path.join(other, 'log.tar.gz'), 100))).toContain('The backup is damaged')
  expect(await changed(() => rm(path.join(other, 'secrets.tar.gz')))).toContain('is missing')
  expect(await changed(() => rm(manifest))).toContain('has no backup')
  expect(await changed(edit(/"postgres": "\d+"/, '"postgres": "17"'))).toContain('is of Postgres 17')
  expect(await changed(edit(/"guests": "\d+/, '"guests": "9999'))).toContain('is of a newer build')
  expect(await changed(edit(/"format": 1/, '"format": 2'))).toContain('has the format 2')
  expect(await changed(async () => {})).toBe('whole')
})

test('the data is lost, and brought back: all that was acknowledged before is there, and goes on', async () => {
  await rm(env.DATA_DIR ?? '', { recursive: true })
  const brought = await command('backup/restore.ts', [first, '--until', 'backup'], env)
  expect(brought).toMatchObject({ code: 0, wrong: '' })
  suite = await startOwn(env)
  const { clients } = suite
  const missing = []
  for (const { reservation, guest } of acknowledged) {
    const found = await clients.reservations.getReservation({ id: reservation }).catch(() => undefined)
    const named = await clients.guests.getGuest({ id: guest }).catch(() => undefined)
    if (found?.guest !== guest || named === undefined) missing.push(reservation)
  }
  expect(missing).toEqual([])
  // Of one point: no reservation is of a guest that the other database does not know yet.
  const booked = await suite.sql('reservations', 'select distinct guest_id as id from reservation')
  const known = new Set((await suite.sql('guests', 'select id from guest')).map(({ id }) => id))
  expect(booked.filter(({ id }) => !known.has(id))).toEqual([])
  expect(await suite.sql('reservations', 'select * from verify_current_and_upcoming()')).toEqual([])
  expect(await suite.sql('guests', 'select bool_and(indisvalid) as valid from pg_index')).toEqual([{ valid: true }])
  // Who watches learns that numbers begin again, and guests erased since are erased again.
  expect(await watchFrom(cursor)).toEqual([400, 'CURSOR_EXPIRED'])
  await eventually(
    async () => expect((await clients.guests.getGuest({ id: erased })).first_name).toBe('[erased]'),
    30_000,
  )
  expect(await suite.sql('guests', `select from guest where first_name = 'Ephemera'`)).toEqual([])
  const { id: room } = await clients.rooms.createRoom({ number: freshNumber() })
  await clients.reservations.createReservation({ guest, room, in_date: day(1), out_date: day(2) })
})

test('any moment of the archive can be gone back to; what is replaced stays beside', async () => {
  const { clients, sql } = suite as OwnStart
  const made = (first_name: string) => clients.guests.createGuest({ first_name }).then(({ id }) => id)
  expect(await command('backup/backup.ts', [backups], env)).toMatchObject({ code: 0 })
  const kept = await made('Kept')
  const [{ moment }] = (await sql('guests', 'select clock_timestamp() as moment')) as [{ moment: Date }]
  const regretted = await made('Regretted')
  expect(await command('backup/backup.ts', [backups], env)).toMatchObject({ code: 0 })
  const left = path.join(backups, (await listBackups(backups)).at(-1) ?? '')
  await made('Last')
  const [{ last }] = (await sql('guests', 'select pg_walfile_name(pg_switch_wal()) as last')) as [{ last: string }]
  await eventually(async () => expect(existsSync(path.join(env.WAL_ARCHIVE ?? '', last))).toBe(true), 30_000)
  await suite?.stop()
  suite = undefined
  const until = moment.toISOString()
  const later = await command('backup/restore.ts', [backups, '--replace', '--until', '2099-01-01T00:00:00Z'], env)
  expect(later).toMatchObject({ code: 1, wrong: expect.stringContaining('The archive does not reach to') })
  expect(await guestsOf('cluster', kept, regretted)).toEqual(['Kept', 'Regretted'])
  expect(await command('backup/restore.ts', [backups, '--replace', '--until', until], env)).toMatchObject({ code: 0 })
  expect(await guestsOf('cluster', kept, regretted)).toEqual(['Kept'])
  const postgres = path.join(env.DATA_DIR ?? '', 'postgres')
  const [replaced = ''] = (await readdir(postgres)).filter((name) => name.startsWith('replaced-'))
  expect(existsSync(path.join(postgres, replaced, 'PG_VERSION'))).toBe(true)

  // The archive goes on from there now, so the log of the last backup is left.
  expect(await command('backup/restore.ts', [left, '--replace'], env)).toMatchObject({
    code: 1,
    wrong: expect.stringContaining('left the log of this backup'),
  })
  expect(await guestsOf('cluster', kept, regretted)).toEqual(['Kept'])
  expect(await command('backup/restore.ts', [left, '--replace', '--until', 'backup'], env)).toMatchObject({ code: 0 })
  expect(await guestsOf('cluster', kept, regretted)).toEqual(['Kept', 'Regretted'])
  expect(path.basename(await chooseBackup(backups, undefined, env.WAL_ARCHIVE))).not.toBe(path.basename(left))
})

test('a restore that is interrupted leaves the data as it was, and the next one removes what a killed one left', async () => {
  const postgres = path.join(env.DATA_DIR ?? '', 'postgres')
  const before = (await readdir(postgres)).sort()
  const secrets = await readFile(path.join(env.DATA_DIR ?? '', 'secrets.json'), 'utf8')
  const arguments_ = [first, '--replace', '--until', 'backup']
  const begun = async (sentence: string) => {
    const restoring = run(process.execPath, [path.join('stack', 'backup', 'restore.ts'), ...arguments_], env)
    await written(restoring, sentence)
    return restoring
  }
  for (const sentence of ['Unpacking', 'Postgres reads its log']) {
    const restoring = await begun(sentence)
    restoring.child.kill('SIGINT')
    expect([await restoring.ended, restoring.errors()]).toEqual([1, expect.stringContaining('was interrupted')])
    expect((await readdir(postgres)).sort()).toEqual(before)
  }
  const killed = await begun('Postgres reads its log')
  killed.child.kill('SIGKILL')
  await killed.ended
  const left = (await readdir(postgres)).filter((name) => !before.includes(name))
  expect(left).toEqual(expect.arrayContaining(['restoring', expect.stringMatching(/^secrets-/)]))
  expect(await command('backup/restore.ts', arguments_, env)).toMatchObject({ code: 0 })
  const added = (await readdir(postgres)).filter((name) => !before.includes(name))
  expect(added).toEqual([expect.stringMatching(/^replaced-/)])
  expect(await readFile(path.join(env.DATA_DIR ?? '', 'secrets.json'), 'utf8')).toBe(secrets)
})

/** The names of these guests in the data, by a server that is started for the question. */
async function guestsOf(cluster: string, ...ids: string[]): Promise<string[]> {
  const own = await claim(env.DATA_DIR ?? '')
  const server = await startPostgres({
    data: path.join(env.DATA_DIR ?? '', 'postgres'),
    cluster,
    port: Number(env.POSTGRES_PORT),
    password: (await readSecrets(env.DATA_DIR ?? '')).postgres,
    durable: true,
    around: {
      runFile: own,
      log: () => {},
      say: () => {},
      restart: false,
      signal: new AbortController().signal,
    },
  })
  try {
    const found = 'select first_name from guest where id = any($1::uuid[]) order by first_name'
    const { rows } = await query(databaseUrl(server.url, 'guests'), found, [ids])
    return rows.map(({ first_name }) => first_name)
  } finally {
    await server.process.stop()
    own.close()
  }
}

/** Guests who book a room at once, one after another, until it is stopped. */
function startWriting({ clients }: OwnStart) {
  let isOn = true
  const work = Array.from({ length: WRITERS }, async () => {
    const { id: room } = await clients.rooms.createRoom({ number: freshNumber() })
    for (let n = 1; isOn; n++) {
      const { id: guest } = await clients.guests.createGuest({ first_name: 'Many' })
      const stay = { guest, room, in_date: day(n), out_date: day(n + 1) }
      const { id: reservation } = await clients.reservations.createReservation(stay)
      acknowledged.push({ guest, reservation })
    }
  })
  return {
    async stop() {
      isOn = false
      await Promise.all(work)
    },
  }
}

async function newestCursor(): Promise<string> {
  const stopping = new AbortController()
  const response = await watching(`hotel=${hotel}`, stopping.signal)
  const { value } = (await response.body?.getReader().read()) ?? {}
  stopping.abort()
  return JSON.parse(
    Buffer.from(value ?? [])
      .toString()
      .split('\n')[0] ?? '',
  ).cursor
}

async function watchFrom(from: string): Promise<[number, string]> {
  const response = await watching(`hotel=${hotel}&cursor=${from}`)
  // One that goes on has no end.
  if (response.ok) await response.body?.cancel()
  if (response.ok) return [response.status, '']
  const { details } = (await response.json()) as { details: { reason: string }[] }
  return [response.status, details[0]?.reason ?? '']
}

function watching(parameters: string, signal?: AbortSignal): Promise<Response> {
  const headers = { authorization: `Bearer ${suite?.token}` }
  return fetch(`http://${suite?.gateway}/guests:watch?${parameters}`, { headers, ...(signal && { signal }) })
}
