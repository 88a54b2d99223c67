import { execFile, execFileSync } from 'node:child_process'
import { chmod, chown, copyFile, link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { assertServing } from '@hotel/runtime/server/health'
import { serviceScopes } from '@hotel/stack/identity/scopes'
import { freePort } from '@hotel/stack/run/ports'
import { claim } from '@hotel/stack/run/run-file'
import type { Plan, SupervisorContext } from '@hotel/stack/run/supervision/process-plan'
import { type Supervised, supervise } from '@hotel/stack/run/supervision/processes'
import { startPostgres } from '@hotel/stack/servers/postgres/postgres'
import { serviceNames } from '@hotel/stack/service-names'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { findEnvoy } from '../../stack/setup/binaries.mjs'
import { root } from '../../stack/setup/run.mjs'
import { jwksOf, makeKey, signed } from '../access/keys.ts'
import { testFolder } from '../harness/test-cluster.ts'
import { readCompose, readImage } from './container-files.ts'
import { lay, layPackages } from './image-files.ts'

jest.setTimeout(90_000)

// Each program of docker-compose.yml runs here from exactly the files of its image, by the command, the environment and
// the secrets of docker-compose.yml, as a user who can write none of the files. Only names of its network become ports.
const ISSUER = 'https://issuer.example'
const { compose } = await readCompose({ RATE_LIMIT_PER_SECOND: '1000', LOG_LEVEL: 'warn', AUTH_ISSUER: ISSUER })
/** The key of an issuer of one's own: this is production. */
const key = makeKey()
const by = (claims: object = {}) => signed(key, { claims: { iss: ISSUER, ...claims } })
const names = [...serviceNames, 'gateway'] as const
type Name = (typeof names)[number]
const ended = new AsyncDisposableStack()
const ports: Record<string, number> = {}
const lines: string[] = []
let folder: string
let around: SupervisorContext

beforeAll(async () => {
  folder = await testFolder()
  ended.defer(() => rm(folder, { recursive: true, force: true }))
  const runFile = await claim(folder)
  ended.defer(() => runFile.close())
  const log = (name: string, line: string) => void lines.push(`${name}: ${line}`)
  around = { runFile, log, say: () => {}, restart: false, signal: new AbortController().signal }
  for (const name of ['postgres', 'redis', 'admin', ...names]) ports[name] = await freePort()
  await link(process.execPath, path.join(folder, 'node')).catch(() =>
    copyFile(process.execPath, path.join(folder, 'node')),
  )
  await makeSecrets()
  await makeIdentities()
  const password = await readFile(secret('postgres-password'), 'utf8')
  const postgres = { data: path.join(folder, 'data'), port: ports.postgres ?? 0, password, durable: false, around }
  const { process: server } = await startPostgres(postgres)
  ended.defer(() => server.stop())
  await layPackages(path.join(folder, 'packages'))
  for (const name of names) await lay(await imageOf(name), path.join(folder, name), path.join(folder, 'packages'))
})
afterAll(() => ended.disposeAsync())

test('the databases are prepared', async () => {
  for (const name of serviceNames) {
    const { file, args, options } = await container(name, `${name}-database`)
    const { stdout } = await promisify(execFile)(file, args, options)
    expect(stdout).toBe(`The database of ${name} is ready.\n`)
  }
})

test('the suite comes up, is healthy by its own checks, books a room, and stops when told', async () => {
  const services = await Promise.all(
    serviceNames.map((name) => begin(name, (signal) => assertServing(`127.0.0.1:${ports[name]}`, signal))),
  )
  const url = `http://127.0.0.1:${ports.gateway}`
  const gateway = await begin('gateway', async (signal) => {
    for (const resource of ['guests', 'rooms', 'reservations']) {
      const { status } = await fetch(`${url}/${resource}`, { headers: { authorization: `Bearer ${by()}` }, signal })
      if (status !== 200) throw new Error(`${resource}: ${status}`)
    }
  })
  for (const name of names) await askHealth(name)
  for (const path_ of ['/guests', '/openapi.json', '/']) expect((await fetch(`${url}${path_}`)).status).toBe(401)
  // The image has the pages of the console.
  for (const path_ of ['/guests', '/console/desk']) {
    const page = await (await fetch(`${url}${path_}`, { headers: { accept: 'text/html' } })).text()
    const [, script] = /src="(\/console\/assets\/[^"]+)"/.exec(page) ?? []
    expect((await fetch(`${url}${script}`)).headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  }

  const guest = await post(url, '/guests', { first_name: 'Ada' })
  const room = await post(url, '/rooms', { number: '101' })
  await post(url, '/reservations', { guest, room, in_date: '2031-01-01', out_date: '2031-01-02' })

  await Promise.all([gateway, ...services].map((process) => process.stop()))
  await expect(askHealth('reservations')).rejects.toThrow('ECONNREFUSED')
  await expect(askHealth('gateway')).rejects.toThrow('fetch failed')
  expect(lines.filter((line) => line.includes('Error'))).toEqual([])
})

test('the development issuer makes the keys and the tokens, and then tokens to try it with', async () => {
  await mkdir(issued(), { mode: 0o700 })
  const issuer = async (...command: string[]) => {
    const { file, args, options } = await container(
      'guests',
      'development-issuer',
      command.length ? command : undefined,
    )
    const { uid, gid } = options
    if (uid !== undefined && gid !== undefined) await chown(issued(), uid, gid)
    return (await promisify(execFile)(file, args, options)).stdout.trim()
  }
  await issuer()
  const { keys } = JSON.parse(await readFile(issued('keys', 'jwks.json'), 'utf8')) as { keys: { kid: string }[] }
  const kidOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid
  const tokens = serviceNames.map((name) => readFile(issued(name, 'token'), 'utf8'))
  for (const token of [...(await Promise.all(tokens)), await issuer('node', '/app/stack/identity/token.ts')])
    expect([kidOf(token)]).toEqual(keys.map(({ kid }) => kid))
})

const imageOf = (name: string) => readImage(compose.services[name]?.build ?? { dockerfile: '' })
const secret = (name: string) => path.join(folder, 'secrets', name)
const identity = (...names: string[]) => path.join(folder, 'identity', ...names)
const issued = (...names: string[]) => path.join(folder, 'issued', ...names)
const inImage = (name: Name, word: string) => here(word.replace('/app/', `${folder}/${name}/`), name)

/** How a service of docker-compose.yml runs: in the image of that name, by its own or another command. */
async function container(name: Name, service: string = name, ownCommand?: readonly string[]) {
  const { command = (await imageOf(name)).command, environment = {} } = compose.services[service] ?? {}
  const { workdir } = await imageOf(name)
  const [, ...args] = (ownCommand ?? command).map((word) => inImage(name, word))
  const scratch = path.join(folder, `tmp-${service}`)
  await mkdir(scratch, { recursive: true })
  // As every container's /tmp.
  await chmod(scratch, 0o1777)
  const settings = Object.entries(environment).map(([variable, value]) => [variable, here(value, name)])
  const own = { PATH: path.dirname((await findEnvoy()) ?? ''), TMPDIR: scratch, DRAIN_SECONDS: '0' }
  const listening = { GATEWAY_PORT: String(ports.gateway), GATEWAY_ADMIN_PORT: String(ports.admin) }
  return {
    file: path.join(folder, 'node'),
    args,
    options: {
      env: { ...Object.fromEntries(settings), ...own, ...(name === 'gateway' ? listening : {}) } as typeof own,
      cwd: path.join(folder, name, path.relative('/app', workdir)),
      // As nobody, where another user can be chosen.
      ...(process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}),
    },
  }
}

/** What names of the network and paths of a container are on this machine. */
function here(value: string, name: Name): string {
  if (value === '/identity') return issued()
  if (value === '/run/keys/jwks.json') return identity('keys', 'jwks.json')
  if (value === '/run/identity/token') return identity(name, 'token')
  if (value.startsWith('/run/secrets/')) return secret(path.basename(value))
  const [, host = '', port] = /^([\w.]+):(\d+)$/.exec(value) ?? []
  if (host === '0.0.0.0') return `127.0.0.1:${port === '50051' ? ports[name] : 0}`
  return ports[host] === undefined ? value : `127.0.0.1:${ports[host]}`
}

/** What an operator's issuer gives: its public keys, and a token for each service. */
async function makeIdentities(): Promise<void> {
  const files = {
    'keys/jwks.json': jwksOf(key),
    ...Object.fromEntries(
      serviceNames.map((name) => [
        `${name}/token`,
        by({ sub: `${name}-service`, scope: serviceScopes[name].join(' ') }),
      ]),
    ),
  }
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(identity(name)), { recursive: true })
    await writeFile(identity(name), content)
  }
}

/** By the command for it; what it says of the network is put right for this machine. */
async function makeSecrets(): Promise<void> {
  execFileSync('sh', [path.join(root, 'stack', 'identity', 'make-secrets.sh'), path.join(folder, 'secrets')])
  await chmod(path.join(folder, 'secrets'), 0o755)
  for (const name of await readdir(path.join(folder, 'secrets'))) {
    const text = await readFile(secret(name), 'utf8')
    await writeFile(
      secret(name),
      text.replace(/@(postgres|redis):\d+/, (_, host: string) => `@127.0.0.1:${ports[host]}`),
    )
  }
}

async function begin(name: Name, ready: Plan['ready']): Promise<Supervised> {
  const { file, args, options } = await container(name)
  const { uid, gid, ...plan } = options
  const user = uid === undefined || gid === undefined ? {} : { user: { uid, gid } }
  const limits = { readyWithinMs: 30_000, stopSignal: 'SIGTERM', stopWithinMs: 10_000 } as const
  const process = supervise({ ...plan, ...limits, ...user, name, file, args, ready }, around)
  ended.defer(() => process.kill())
  await process.start()
  return process
}

/** Runs the health check of docker-compose.yml; rejects with its words when it says no. */
async function askHealth(name: Name): Promise<void> {
  const [, ...command] = compose.services[name]?.healthcheck.test ?? []
  const { file, args, options } = await container(name, name, command)
  await promisify(execFile)(file, args, options)
}

async function post(url: string, resource: string, body: object): Promise<string> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${by()}` }
  const response = await fetch(`${url}${resource}`, { method: 'POST', headers, body: JSON.stringify(body) })
  expect({ resource, status: response.status }).toEqual({ resource, status: 201 })
  return ((await response.json()) as { id: string }).id
}
