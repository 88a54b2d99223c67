import type { Tracing } from '../call/trace.ts'
import { createLogger, type Logger } from '../process/log.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import type { OtlpSettings } from './otlp.ts'

/** What a process tells about itself: its log, its metrics and, when a collector is set, its steps of traces. */
export type Telemetry = {
  readonly log: Logger
  readonly metrics: Metrics
  readonly tracing: Tracing | undefined
  /** Exports what is left. */
  close(): Promise<void>
}

/** Opens the telemetry of a service. OpenTelemetry is not even loaded without a collector. */
export async function openTelemetry(
  service: string,
  { logLevel, otlp }: { logLevel: string; otlp: OtlpSettings | undefined },
): Promise<Telemetry> {
  const log = createLogger(service, logLevel)
  const tracing = otlp && (await (await import('./opentelemetry.ts')).startTracing(service, otlp, log))
  return { log, metrics: createMetrics(), tracing, close: async () => tracing?.close() }
}
