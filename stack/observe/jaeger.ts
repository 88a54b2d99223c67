import path from 'node:path'
import { otlpSettings } from '@hotel/runtime/telemetry/otlp'
import { type Config, inheritedEnvironment } from '../config.ts'
import { freePort } from '../run/ports.ts'
import type { SupervisorContext } from '../run/supervision/process-plan.ts'
import { type Supervised, supervise } from '../run/supervision/processes.ts'
import type { Env } from '../servers/services.ts'
import { findOnPath } from '../setup/python.mjs'
import { demandReady } from './demand-ready.ts'

const JAEGER = 'install Jaeger 2 (https://www.jaegertracing.io/download)'

/** Jaeger, when the traces are to go to it: its program, or how to have it. */
export type FoundJaeger = { readonly file?: string; readonly missing?: string }

/** The program of Jaeger; neither it nor a remedy when these variables of OpenTelemetry name a collector or turn traces off. */
export function findJaeger(openTelemetry: Env): FoundJaeger {
  const isNamed = otlpSettings(openTelemetry) !== undefined
  const isOff = otlpSettings(withJaeger(openTelemetry, 4318)) === undefined
  if (isNamed || isOff) return {}
  const file = findOnPath('jaeger')
  return file === undefined ? { missing: `The traces need \`jaeger\` on PATH: ${JAEGER}.` } : { file }
}

/** Variables of OpenTelemetry with Jaeger as the collector, by its port that takes OTLP over HTTP. */
export function withJaeger(openTelemetry: Env, port: number): Env {
  return {
    ...openTelemetry,
    // These have precedence over those without TRACES, of which the protocol may be another.
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://127.0.0.1:${port}/v1/traces`,
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf',
  }
}

/** Jaeger with this configuration, not started yet. */
export async function jaeger(
  file: string,
  config: string,
  ports: Config['observePorts'],
  around: SupervisorContext,
): Promise<Supervised> {
  const settings = {
    JAEGER_LISTEN_HOST: '127.0.0.1',
    JAEGER_PAGE_PORT: String(ports.jaeger),
    JAEGER_OTLP_PORT: String(ports.otlp),
    JAEGER_GRPC_PORT: String(await freePort()),
    // It would send traces of its own, to a collector that is not there.
    OTEL_TRACES_SAMPLER: 'always_off',
  }
  const none = { method: 'POST', headers: { 'content-type': 'application/x-protobuf' } }
  return supervise(
    {
      name: 'jaeger',
      file,
      args: ['--config', config],
      env: { ...inheritedEnvironment(), ...settings },
      cwd: path.dirname(config),
      ready: async (signal) => {
        await demandReady(`http://127.0.0.1:${ports.jaeger}/`, signal)
        await demandReady(`http://127.0.0.1:${ports.otlp}/v1/traces`, signal, none)
      },
      readyWithinMs: 30_000,
      stopSignal: 'SIGTERM',
      stopWithinMs: 10_000,
    },
    around,
  )
}
