import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { configure, writeFiles } from '@hotel/gateway/envoy/configure'
import { assertKeys } from '@hotel/gateway/health/ready'
import { openIssuer } from '@hotel/stack/identity/issuer'
import { freePort } from '@hotel/stack/run/ports'
import { settingsWith } from './fixtures.ts'

/** What an answer of a gateway looks like that has no service: a refusal, always. */
export type Refusal = { status: number; headers: Headers; json: { details: Detail[] } }
type Detail = { reason?: string; domain?: string; field_violations?: { field: string }[] }

/** A gateway without services, unless it is told of some: what it does not refuse is answered 503. For tests. */
export type LoneGateway = {
  /** `host:port`, and a token that it accepts. */
  readonly address: string
  readonly token: string
  /** Sends `GET /path` or the like. */
  send(request: string, body?: string, type?: string, headers?: Record<string, string>): Promise<Refusal>
  stop(): Promise<void>
}

/** Starts Envoy as it is configured for these descriptors and variables, without limits. */
export async function startAlone(
  envoy: string,
  descriptorSet: Uint8Array,
  environment: Readonly<Record<string, string>> = {},
): Promise<LoneGateway> {
  const [port, adminPort] = [await freePort(), await freePort()]
  const directory = await mkdtemp(path.join(tmpdir(), 'gateway-'))
  const issuer = await openIssuer(directory)
  const token = await issuer.mint({ subject: 'tester', scopes: [], hotels: [], ttlSeconds: 3_600 })
  const settings = settingsWith({
    ...issuer.env,
    AUTH_JWKS_URL: '',
    GATEWAY_PORT: String(port),
    GATEWAY_ADMIN_PORT: String(adminPort),
    RATE_LIMIT_PER_SECOND: '100000',
    STATUS_RATE_LIMIT_PER_MINUTE: '100000',
    ...environment,
  })
  await writeFiles(directory, await configure({ descriptorSet, settings }))
  const options = ['-c', 'envoy.yaml', '--concurrency', '1', '--use-dynamic-base-id', '--log-level', 'error']
  const process = spawn(envoy, options, { cwd: directory, stdio: 'ignore' })
  const base = `http://127.0.0.1:${port}`
  const deadline = Date.now() + 15_000
  const isReady = () =>
    assertKeys(settings, AbortSignal.timeout(1_000)).then(
      () => true,
      () => false,
    )
  while (!(await fetch(base).catch(() => undefined))?.ok || !(await isReady())) {
    if (Date.now() > deadline || process.exitCode !== null) throw new Error('Envoy did not start')
    await sleep(50)
  }
  return {
    address: `127.0.0.1:${port}`,
    token,
    async send(request, body, type = 'application/json', more = {}) {
      const [method = '', target = ''] = request.split(' ')
      const headers = { authorization: `Bearer ${token}`, 'content-type': type, ...more }
      const answer = await fetch(base + target, { method, headers, ...(body !== undefined && { body }) })
      return { status: answer.status, headers: answer.headers, json: (await answer.json()) as Refusal['json'] }
    },
    async stop() {
      process.kill('SIGTERM')
      if (process.exitCode === null) await once(process, 'exit')
      await rm(directory, { recursive: true })
    },
  }
}
