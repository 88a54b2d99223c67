import type { CitusNodes, Ports } from './config.ts'
import type { GivenAuth } from './identity/auth.ts'
import type { SupervisorContext } from './run/supervision/process-plan.ts'
import type { Env, EnvOf } from './servers/services.ts'
import type { PerService } from './service-names.ts'

/** How a suite is started. */
export type StackOptions = {
  /** Holds everything that is kept between starts. */
  readonly dataDir: string
  /** Free ones for those that are not named. */
  readonly ports?: Partial<Ports>
  readonly gatewayAddress?: string
  /** Servers of one's own, as an administrator; the embedded Postgres for a service without. */
  readonly adminUrls?: PerService<string | undefined>
  /** Where the embedded Postgres copies its log to. */
  readonly walArchive?: string | undefined
  /** The nodes of a Citus over which the databases are distributed when they have been migrated. */
  readonly citus?: CitusNodes | undefined
  /** Databases that are migrated already, as the services' roles; then there is no other database. */
  readonly databaseUrls?: PerService<string>
  /** False: without the cache; a URL: a Redis of one's own. */
  readonly redis?: boolean | string
  readonly gateway?: boolean
  readonly instances?: Partial<PerService<number>>
  /** More or other settings of a service; or of each of its instances, by its number from 0. */
  readonly env?: Partial<PerService<Env | EnvOf>>
  /** Whose tokens are accepted; without, those of the data folder's own issuer. */
  readonly auth?: GivenAuth
  /** OpenTelemetry's variables, for the services and the gateway; without an endpoint no traces are recorded. */
  readonly openTelemetry?: Env
  /** File with the seconds by which the services' clock is off. */
  readonly clockFile?: string
  /** Of each client; without, there is none to speak of. */
  readonly requestsPerSecond?: number
  /** Of each reservation; without, there is none to speak of. */
  readonly statusChangesPerMinute?: number
  /** `host:port` of Envoy's rate limit service, where gateways count together. */
  readonly rateLimitService?: string | undefined
  /** Of all clients at once; without, as many as the gateway itself thinks right. */
  readonly maxConnections?: number
  /** Origins whose pages may call from a browser; none without. */
  readonly corsOrigins?: readonly string[]
  /** CONSOLE_OIDC_…: where the console sends people to sign in. */
  readonly consoleOidc?: Env
  readonly defaultTimeZone?: string
  readonly logLevel?: string
  /** How long the gateway finishes calls when it is stopped. */
  readonly drainSeconds?: number
  /** Starts what else is to run while the suite does. */
  readonly beside?: (around: SupervisorContext) => Promise<AsyncDisposable>
  /** Threads of the gateway. */
  readonly concurrency?: number
  /** Whether what dies is started again. */
  readonly restart?: boolean
  readonly log?: (name: string, line: string) => void
  readonly say?: (sentence: string) => void
  /** Gives up a start that is under way. */
  readonly signal?: AbortSignal
  /** Ends at once the processes that are being stopped, and those stopped from then on; Postgres recovers at its next start. */
  readonly force?: AbortSignal
}
