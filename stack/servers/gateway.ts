import path from 'node:path'
import { MOST_CONNECTIONS } from '@hotel/gateway/settings'
import type { Ports } from '../config.ts'
import type { Auth } from '../identity/auth.ts'
import { serveSignIn } from '../identity/sign-in-server.ts'
import type { SupervisorContext } from '../run/supervision/process-plan.ts'
import type { Supervised } from '../run/supervision/processes.ts'
import type { PerService } from '../service-names.ts'
import type { StackOptions } from '../stack-options.ts'
import { prepareEnvoy } from './envoy.ts'

/** What is set of the gateway. */
export type GatewayOptions = Pick<
  StackOptions,
  | 'dataDir'
  | 'gatewayAddress'
  | 'requestsPerSecond'
  | 'statusChangesPerMinute'
  | 'rateLimitService'
  | 'maxConnections'
  | 'corsOrigins'
  | 'consoleOidc'
  | 'openTelemetry'
  | 'concurrency'
  | 'drainSeconds'
>

/** A gateway that answers. */
export type RunningGateway = { readonly port: number; readonly adminPort: number; readonly process: Supervised }

/** A gateway that is being configured. */
type Prepared = { start(): Promise<RunningGateway>; readonly settled: Promise<unknown> }

const UNLIMITED = 1_000_000

/**
 * Prepares a gateway before these services, which accepts tokens as `auth` says, and whose console an issuer of our own signs
 * developers in to; its start resolves when they answer through it.
 */
export function prepareGateway(
  options: GatewayOptions,
  ports: Pick<Ports, 'gateway' | 'envoyAdmin'>,
  endpoints: PerService<readonly string[]>,
  { env: authEnv, issuer }: Pick<Auth, 'env' | 'issuer'>,
  around: SupervisorContext,
): Prepared {
  const envoy = prepareEnvoy({
    folder: path.join(options.dataDir, 'gateway'),
    environment: {
      ...options.openTelemetry,
      ...authEnv,
      GATEWAY_ADDRESS: options.gatewayAddress ?? '127.0.0.1',
      GATEWAY_PORT: String(ports.gateway),
      GATEWAY_ADMIN_PORT: String(ports.envoyAdmin),
      GUESTS_ADDRESS: endpoints.guests.join(','),
      ROOMS_ADDRESS: endpoints.rooms.join(','),
      RESERVATIONS_ADDRESS: endpoints.reservations.join(','),
      RATE_LIMIT_PER_SECOND: String(options.requestsPerSecond ?? UNLIMITED),
      STATUS_RATE_LIMIT_PER_MINUTE: String(options.statusChangesPerMinute ?? UNLIMITED),
      RATE_LIMIT_SERVICE: options.rateLimitService ?? '',
      GATEWAY_MAX_CONNECTIONS: String(options.maxConnections ?? MOST_CONNECTIONS),
      CORS_ORIGINS: options.corsOrigins?.join(',') ?? '',
      ...options.consoleOidc,
      ...(issuer === undefined ? {} : { CONSOLE_DEVELOPMENT_SIGN_IN: 'on' }),
    },
    ...(issuer === undefined ? {} : { beside: (folder) => serveSignIn(folder, issuer) }),
    concurrency: options.concurrency ?? 2,
    drainSeconds: options.drainSeconds ?? 0,
    around,
  })
  return {
    async start() {
      around.say('Starting the gateway ...')
      return { port: ports.gateway, adminPort: ports.envoyAdmin, process: await envoy.start() }
    },
    settled: envoy.settled,
  }
}
