import { type AuthSettings, authSettings } from '../access/tokens/auth-settings.ts'
import { withKeys } from '../access/tokens/jwks.ts'
import { readDatabaseUrl } from '../database/database-url.ts'
import { key256, numberOr, optionalText, readEnv, text, textOr } from '../process/env.ts'
import { type OtlpSettings, otlpSettings } from '../telemetry/otlp.ts'

/** The settings that every service has. */
export type ServiceSettings = ReturnType<typeof readOwn> & {
  readonly auth: AuthSettings
  readonly databaseUrl: string
  readonly otlp: OtlpSettings | undefined
}

/** Reads the settings that every service has; an Error names the variable at fault and the remedy. */
export function serviceSettings(env: NodeJS.ProcessEnv): ServiceSettings {
  return {
    ...readOwn(env),
    auth: withKeys(authSettings(env)),
    databaseUrl: readDatabaseUrl(env),
    otlp: otlpSettings(env),
  }
}

function readOwn(env: NodeJS.ProcessEnv) {
  return readEnv(env, {
    address: ['GRPC_ADDRESS', text],
    metricsAddress: ['METRICS_ADDRESS', optionalText],
    serviceTokenFile: ['SERVICE_TOKEN_FILE', text],
    pageTokenKey: ['PAGE_TOKEN_KEY', key256],
    feedRetentionDays: ['FEED_RETENTION', numberOr(30)],
    watchLimit: ['WATCH_LIMIT', numberOr(500)],
    watchPatienceSeconds: ['WATCH_PATIENCE', numberOr(10)],
    exportLimit: ['EXPORT_LIMIT', numberOr(4)],
    exportPatienceSeconds: ['EXPORT_PATIENCE', numberOr(30)],
    drainSeconds: ['DRAIN_SECONDS', numberOr(4)],
    clockFile: ['TEST_CLOCK_FILE', optionalText],
    logLevel: ['LOG_LEVEL', textOr('info')],
  })
}
