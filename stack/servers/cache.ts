import path from 'node:path'
import type { Ports } from '../config.ts'
import type { Secrets } from '../identity/secrets.ts'
import type { SupervisorContext } from '../run/supervision/process-plan.ts'
import { redisRemedy } from '../setup/binaries.mjs'
import type { StackOptions } from '../stack-options.ts'
import { type Redis, startRedis } from './redis.ts'

/** Starts Redis unless there is one of one's own, or none is wanted; says so when there is none to start. */
export async function startCache(
  { redis = true, dataDir }: StackOptions,
  ports: Ports,
  secrets: Secrets,
  around: SupervisorContext,
  started: AsyncDisposableStack,
): Promise<{ url: string | undefined; embedded: Redis | undefined }> {
  if (typeof redis === 'string') return { url: redis, embedded: undefined }
  if (!redis) return { url: undefined, embedded: undefined }
  const options = { folder: path.join(dataDir, 'redis'), port: ports.redis, password: secrets.redis, around }
  const embedded = await startRedis(options).catch((error: Error) => {
    around.signal.throwIfAborted()
    around.say(error.message)
  })
  if (embedded) started.defer(() => embedded.process.stop())
  else around.say(`The suite runs without Redis, which is only a cache: ${redisRemedy}.`)
  return { url: embedded?.url, embedded: embedded ?? undefined }
}
