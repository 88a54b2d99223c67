import { readEnv, text } from '../process/env.ts'
import { assertServing } from './health.ts'

/** A container's health check: asks the service that listens at GRPC_ADDRESS of the same container; exit code 1 says no. */
try {
  const { address } = readEnv(process.env, { address: ['GRPC_ADDRESS', text] })
  await assertServing(`127.0.0.1:${address.split(':').at(-1)}`, AbortSignal.timeout(4_000))
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
