import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import type { Supervised } from '@hotel/stack/run/supervision/processes'
import { serviceNames } from '@hotel/stack/service-names'
import { Redis } from 'ioredis'
import { randomOf } from '../../support/random.ts'
import type { Between, House } from '../house/house.ts'
import type { PlannedFault } from '../plan/operations.ts'

/** A fault under way: what it is done to, and how it ends. */
export type UnderWay = { readonly what: string; heal(): Promise<void> }

/** Does harm as it is planned. */
export async function harm(fault: PlannedFault, house: House): Promise<UnderWay> {
  const { kind, target, amount } = fault
  const [verb = '', object = ''] = kind.split(' ')
  if (kind === 'move clock') return moveClock(house, target, amount)
  if (kind === 'fill disk') return fillDisk(house, amount)
  if (kind === 'flush Redis') return onRedis(house, 'all its keys are gone', (redis) => redis.flushall())
  if (kind === 'poison Redis') return onRedis(house, 'what its keys hold is changed', poison)
  if (verb === 'kill') return kill(processOf(house, object, target))
  if (verb === 'pause') return pause(processOf(house, object, target))
  return disturb(house, verb, object as Between, fault)
}

/** All processes of the suite that can be killed. */
export function processesOf({ stack, gateways }: House): Supervised[] {
  const others = [stack.postgres?.process, stack.redis?.process, ...gateways.map(({ process }) => process)]
  const all = [...others, ...serviceNames.flatMap((name) => stack.services[name].instances)]
  return all.filter((each) => each !== undefined)
}

function processOf(house: House, object: string, target: number): Supervised {
  const { stack, gateways } = house
  const among =
    object === 'Postgres'
      ? [stack.postgres?.process]
      : object === 'Redis'
        ? [stack.redis?.process]
        : object === 'gateway'
          ? gateways.map(({ process }) => process)
          : serviceNames.flatMap((name) => stack.services[name].instances)
  const found = among[target % among.length]
  if (found === undefined) throw new Error(`there is no ${object} to harm`)
  return found
}

async function kill(process: Supervised): Promise<UnderWay> {
  await process.kill('SIGKILL')
  return { what: `${process.name} is killed`, heal: async () => undefined }
}

async function pause({ name, pid }: Supervised): Promise<UnderWay> {
  const stopped = pid === undefined ? [] : [pid, ...childrenOf(pid)]
  signal(stopped, 'SIGSTOP')
  return { what: `${name} is stopped`, heal: async () => signal(stopped, 'SIGCONT') }
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name)
    } catch {
      // It has ended meanwhile.
    }
  }
}

function childrenOf(pid: number): number[] {
  try {
    return execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' })
      .split('\n')
      .map(Number)
      .filter(Boolean)
  } catch {
    return []
  }
}

async function disturb(house: House, verb: string, between: Between, fault: PlannedFault): Promise<UnderWay> {
  const all = house.proxies[between]
  // Of several, one or all.
  const chosen = fault.target % 2 === 0 ? all : all.filter((_, n) => n === fault.target % all.length)
  const random = randomOf(fault.target, 'delays')
  const most = 20 + fault.amount * 250
  for (const proxy of chosen) {
    if (verb === 'cut') proxy.cut()
    else proxy.slow(most, random.next)
  }
  return {
    what: `${chosen.length} of the ways to ${between} are ${verb === 'cut' ? 'cut' : `slow, by up to ${Math.round(most)} ms`}`,
    async heal() {
      for (const proxy of chosen) proxy.heal()
    },
  }
}

async function moveClock({ clockFiles }: House, target: number, amount: number): Promise<UnderWay> {
  const instance = target % clockFiles.length
  const seconds = clockOffset(amount)
  await writeFile(clockFiles[instance] ?? '', String(seconds))
  return {
    what: `the clock of reservations-${instance + 1} is ${seconds} s off`,
    heal: () => writeFile(clockFiles[instance] ?? '', '0'),
  }
}

/** By how many seconds a clock is off: ahead or behind. */
export function clockOffset(amount: number): number {
  return Math.sign(amount - 0.5) * (1 + Math.round(Math.abs(amount - 0.5) * 14))
}

/** Whether a limit can be set to the size of a running process' files. */
const prlimit = (() => {
  try {
    execFileSync('prlimit', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

/**
 * Lets Postgres write no file beyond a size, as on a full disk: the server and all that it has started get EFBIG, which it
 * handles as it does ENOSPC. Where a limit can not be set the disk is not filled, and the fault says so.
 */
async function fillDisk({ stack }: House, amount: number): Promise<UnderWay> {
  const pid = stack.postgres?.process.pid
  if (!prlimit || pid === undefined) return { what: 'NOT DONE, there is no prlimit', heal: async () => undefined }
  const kilobytes = 64 + Math.round(amount * 8_000)
  const limit = (pids: readonly number[], size: string) => {
    for (const each of pids) {
      try {
        execFileSync('prlimit', ['--pid', String(each), `--fsize=${size}:unlimited`], { stdio: 'ignore' })
      } catch {
        // It has ended meanwhile.
      }
    }
  }
  limit([pid, ...childrenOf(pid)], String(kilobytes * 1_024))
  return {
    what: `Postgres can write no file beyond ${kilobytes} KB`,
    heal: async () => limit([pid, ...childrenOf(pid)], 'unlimited'),
  }
}

async function onRedis({ stack }: House, what: string, act: (redis: Redis) => Promise<unknown>): Promise<UnderWay> {
  if (stack.redis === undefined) return { what: 'NOT DONE, there is no Redis', heal: async () => undefined }
  const redis = new Redis(stack.redis.url, { lazyConnect: true, retryStrategy: () => null, commandTimeout: 2_000 })
  redis.on('error', () => undefined)
  try {
    await redis.connect()
    await act(redis)
    return { what: `Redis: ${what}`, heal: async () => undefined }
  } catch {
    return { what: 'NOT DONE, Redis does not answer', heal: async () => undefined }
  } finally {
    redis.disconnect()
  }
}

/** Puts the value of each key under another one, or changes a byte, and takes the end of its life away. */
async function poison(redis: Redis): Promise<void> {
  const keys = await redis.keys('*')
  const values = await Promise.all(keys.map((key) => redis.getBuffer(key).catch(() => null)))
  for (const [n, key] of keys.entries()) {
    const value = Buffer.from(values[(n + 1) % keys.length] ?? 'nothing')
    if (n % 2 === 0) value[Math.floor(value.length / 2)] = (value[Math.floor(value.length / 2)] ?? 0) ^ 1
    await redis.set(key, value)
  }
}
